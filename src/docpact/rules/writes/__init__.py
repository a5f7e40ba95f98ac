"""The `write` family."""
