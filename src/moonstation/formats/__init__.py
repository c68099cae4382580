"""Foreign files in and out; knows no other room."""
