"""Containers of pods. One RPC a file."""
