"""The layout of a reference page: lines, sections, signatures, and the tree of fields."""
