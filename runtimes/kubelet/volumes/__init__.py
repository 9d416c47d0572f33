"""Volumes of pods on this host."""
