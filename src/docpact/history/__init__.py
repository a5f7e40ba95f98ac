"""What a run means to who looks every morning: what is accepted, what is new, and since when."""
