"""Streams of processes in containers: what backends open, and the codecs that carry them."""
