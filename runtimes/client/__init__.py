"""The friendly Python API over any container runtime backend."""
