"""From what the CRI asks to what an Engine is told: pure, but for files and devices of the host."""
