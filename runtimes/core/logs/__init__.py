"""CRI logs: write, read, tail, follow across rotation."""
