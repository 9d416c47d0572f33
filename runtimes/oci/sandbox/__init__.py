"""Pod sandboxes: namespaces, network and files that a pod's containers share. One RPC a file."""
