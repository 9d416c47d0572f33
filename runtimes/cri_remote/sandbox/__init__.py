"""RPCs about sandboxes."""
