"""Vocabulary of container runtimes: the three contracts, CRI messages, Pods, errors, logs."""
