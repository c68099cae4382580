"""Every analysis of one station, one result."""
