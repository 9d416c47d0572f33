"""State on disk: records with their locks and names, and the boot that they belong to."""
