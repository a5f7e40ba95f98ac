"""Single responses: what a contract promises of them, and the summary that counts them."""
