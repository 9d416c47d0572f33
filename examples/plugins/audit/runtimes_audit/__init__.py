"""Backend audit for runtimes."""
