"""From the bytes of an accepted frame to its fields."""
