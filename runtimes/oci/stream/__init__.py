"""Streams of containers' processes, as sessions of descriptors."""
