"""Bodies: strict decoding, and validation against a schema."""
