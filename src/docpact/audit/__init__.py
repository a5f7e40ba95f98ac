"""The audit: recorded traffic of any length held to a contract."""
