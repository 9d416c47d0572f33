"""The stats RPCs."""
