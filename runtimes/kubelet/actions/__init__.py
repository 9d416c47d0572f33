"""What a pod needs next, decided without doing anything."""
