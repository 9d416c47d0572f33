"""The sandbox RPCs."""
