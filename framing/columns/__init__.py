"""Many frames as columns of numbers, without an object for each."""
