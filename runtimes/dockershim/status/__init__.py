"""What the backend as a whole says of itself. One RPC a file."""
