"""Deterministic edge cases, samples and texts made from a contract, without Hypothesis."""
