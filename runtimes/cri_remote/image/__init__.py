"""RPCs about images."""
