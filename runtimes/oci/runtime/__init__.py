"""crun and runc, driven as programs."""
