"""Statements of a page about parameters and fields: in components, tables, lists and sentences."""
