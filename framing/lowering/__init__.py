"""A plan made into numbers, which the compiled engine runs."""
