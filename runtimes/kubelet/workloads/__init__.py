"""Which pods a Deployment or a Job wants now; pure functions."""
