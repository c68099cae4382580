"""Plan, design and study an international lunar research station from one station file."""

__version__ = "0.1.0"
