"""Kubernetes before the CRI: pods straight on Docker Engine."""
