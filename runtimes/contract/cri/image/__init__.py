"""The image RPCs."""
