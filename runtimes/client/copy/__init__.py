"""Copy files into containers and out of them, by a tar on either side."""
