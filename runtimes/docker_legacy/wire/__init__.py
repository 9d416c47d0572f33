"""HTTP/1.1 as far as long-lived answers need it, over a socket that is ours alone."""
