"""From what the CRI asks to what an Engine is told: pure, but for profiles read from files."""
