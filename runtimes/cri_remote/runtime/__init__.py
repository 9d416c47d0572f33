"""RPCs about the runtime itself."""
