"""The shipped contracts, as data: one folder an operation, `provider/operation`."""
