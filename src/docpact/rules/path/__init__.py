"""The `path` family, and the lists that show the thing of a path."""
