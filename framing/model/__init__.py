"""What a format declares: values, expressions, parts, what may stand beside a layout, and what follows from a part alone."""
