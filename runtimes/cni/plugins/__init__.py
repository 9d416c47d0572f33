"""Pod networks by CNI plugins: executables found, run, and undone."""
