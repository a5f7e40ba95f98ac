"""The plan of a check: phases and the cases that observations suggest."""
