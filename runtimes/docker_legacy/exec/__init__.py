"""The calls about commands in containers, one a file."""
