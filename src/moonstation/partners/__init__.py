"""Who brings what, is owed what, may see and use what, and what the station is without somebody."""
