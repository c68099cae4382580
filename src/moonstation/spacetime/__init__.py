"""Epochs, frames, ephemerides, points on the Moon and on the Earth, event search."""
