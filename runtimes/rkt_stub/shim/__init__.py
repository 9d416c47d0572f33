"""Era 2: what the CRI over `rkt app` keeps and knows."""
