"""One command a file; `runtimes.cli.registry` is the table of contents."""
