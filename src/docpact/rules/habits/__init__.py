"""The `habit` family: observations, the kinds of habits, and their rules."""
