"""Payload schemas: the fields inside a payload, through `construct`."""
