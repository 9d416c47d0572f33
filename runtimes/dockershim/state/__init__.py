"""What is on disk: a record per sandbox, its checkpoint, its files."""
