"""What the Sun and the Earth show of themselves at a site."""
