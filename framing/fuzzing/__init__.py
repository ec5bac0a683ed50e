"""Does a format keep what this library promises, and how does it stand a bad line? What `framing fuzz` runs."""
