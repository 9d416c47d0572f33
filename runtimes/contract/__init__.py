"""The suite that certifies a container runtime backend."""
