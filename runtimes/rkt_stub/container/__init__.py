"""The container RPCs."""
