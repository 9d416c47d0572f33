"""Turn a layer's tar stream, which may be hostile, into a folder that overlayfs can stack."""
