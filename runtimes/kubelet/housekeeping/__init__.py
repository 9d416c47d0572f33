"""Disk space given back: images that nobody uses, logs that grew."""
