"""Commands in apps: to their end, and with streams."""
