"""How a station is built up: which flight brings what when, from whom, at what cost, and why no plan closes."""
