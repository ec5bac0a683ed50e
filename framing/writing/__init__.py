"""From fields and a payload to the bytes of a frame."""
