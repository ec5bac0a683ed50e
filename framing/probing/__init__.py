"""Is there a frame of this format at this place? The exact answer, of the Python engine."""
