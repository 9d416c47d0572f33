"""Pods as every era sees them: v1 structs, what runs of them, and the PodRuntime contract."""
