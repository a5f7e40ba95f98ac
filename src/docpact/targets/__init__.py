"""Targets: everything that talks to a network, reads a clock or waits."""
