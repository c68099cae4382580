"""The station run through time: power and data."""
