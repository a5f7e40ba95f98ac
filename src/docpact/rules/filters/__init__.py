"""The `filter` family, with ranges and orders."""
