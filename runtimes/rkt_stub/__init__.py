"""Pods on the rkt program, and the CRI over it."""
