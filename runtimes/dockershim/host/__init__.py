"""The host under the Engine: its processes."""
