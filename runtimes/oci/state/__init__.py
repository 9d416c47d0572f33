"""What the backend remembers: one record per sandbox and container, names, locks, and facts."""
