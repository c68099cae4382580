"""Who can hear whom, and when."""
