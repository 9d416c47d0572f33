"""What was applied, kept on disk."""
