"""The thing that is built: its data, catalogues and checks; no algorithms."""
