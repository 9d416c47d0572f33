"""The `runtimes` command."""
