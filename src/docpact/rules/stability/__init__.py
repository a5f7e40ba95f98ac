"""The `stability` family, and the agreement of items."""
