"""How a layout is made flat, step by step; `framing.plan` takes the steps in their order."""
