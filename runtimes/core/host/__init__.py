"""What this host allows, and its processes. Linux only."""
