"""What checksums compute, as data and as functions; `framing.checksums` names them."""
