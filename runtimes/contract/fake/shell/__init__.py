"""Enough of a POSIX shell to run what test pods run."""
