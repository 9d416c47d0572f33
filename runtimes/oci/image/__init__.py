"""Images: pulled or imported, unpacked into layers, found by name, removed when unneeded."""
