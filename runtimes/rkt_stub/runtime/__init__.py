"""The runtime RPCs."""
