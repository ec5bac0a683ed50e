"""Generated functions that accept the ordinary, intact frame at once, for the Python engine."""
