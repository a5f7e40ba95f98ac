"""Recorded traffic: the journal that a run writes, HAR and cassettes, and how each is read."""
