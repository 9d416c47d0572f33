"""What a run leaves on the host: two looks at it, and what of their difference is the run's."""
