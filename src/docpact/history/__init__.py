"""Runs over time: accepted findings, new findings, and since when."""
