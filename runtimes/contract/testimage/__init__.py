"""Images that the suite makes itself, from the host's static busybox: no registry, no network."""
