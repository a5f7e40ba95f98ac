"""The portable conformance suite: `pytest --pyargs docpact.contract_tests`."""
