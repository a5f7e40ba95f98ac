"""The request that a page shows: its command, its credentials and its other paths."""
