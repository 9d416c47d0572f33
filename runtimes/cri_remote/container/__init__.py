"""RPCs about containers."""
