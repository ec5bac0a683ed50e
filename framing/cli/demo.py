"""`framing demo`: placeholder."""
def demo() -> None:
    """Show."""
