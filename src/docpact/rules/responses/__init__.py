"""Promises about single responses, and the summary that counts what responses show."""
