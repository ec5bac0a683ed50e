"""`python -m framing` is `framing`."""

from framing.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
