"""From what was caught to what is told: pure."""
