"""Containers. One RPC a file."""
