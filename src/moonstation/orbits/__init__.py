"""Motion about the Moon: gravity, propagation, elements."""
