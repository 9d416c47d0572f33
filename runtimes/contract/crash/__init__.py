"""Callers that are killed: processes of their own that have the backend open, and what follows."""
