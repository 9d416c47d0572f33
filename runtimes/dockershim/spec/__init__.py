"""What an Engine is told by dockershim alone; the rest is `runtimes.core.docker.spec`. Pure."""
