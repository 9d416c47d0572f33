"""What has happened to pods, on disk: it outlives the process that saw it."""
