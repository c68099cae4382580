"""The ground: elevation models and the horizons they cast."""
