"""PodRuntime over any CRI service."""
