"""Saved HTML as Markdown."""
