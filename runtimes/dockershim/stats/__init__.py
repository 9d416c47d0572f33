"""What containers and pods use. One RPC a file."""
