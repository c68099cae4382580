"""Numbers for a plan: what to build, how much of it, with which margin."""
