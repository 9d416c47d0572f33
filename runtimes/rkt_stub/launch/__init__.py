"""Start a pod's process so that it outlives ours: as a unit of systemd, or in its own session."""
