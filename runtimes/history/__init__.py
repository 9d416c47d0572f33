"""The same Pod through every era of container runtimes, hop by hop."""
