"""The Engine's images. One RPC a file."""
