"""The calls about images, one a file."""
