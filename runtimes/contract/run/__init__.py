"""A run of the suite: what was called, how each test went, and the report of it."""
