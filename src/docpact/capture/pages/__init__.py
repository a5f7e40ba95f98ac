"""A reference page as a contract: its operations, its possible readings and its gaps."""
