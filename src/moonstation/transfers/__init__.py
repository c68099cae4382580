"""Ways there and back: two-body transfers (Lambert, Kepler), windows to Mars, flights to the Moon and home."""
