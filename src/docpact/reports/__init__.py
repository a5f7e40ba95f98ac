"""Report writers: a run in, text out, no decisions."""
