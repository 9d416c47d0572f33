"""Pod sandboxes: a pause container with its network and files. One RPC a file."""
