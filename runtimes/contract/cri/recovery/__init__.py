"""What outlives a crash; one file for each thing that may be lost."""
