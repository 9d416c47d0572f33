"""The calls about the Engine itself, one a file."""
