"""The calls about containers, one a file."""
