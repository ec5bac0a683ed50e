"""Links: pumps between decoders and whatever carries bytes. `framing.open` takes a URL and gives events.

Layers, each above the one before: `steps` (waiting), `links` (what a link is), one module a kind of link, `urls` (text to
transport), `session` (a link, its decoders, reconnecting, silence), `connection` (for threads) and `aio` (for event loops).
"""
