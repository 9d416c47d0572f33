"""Images in files: archives with manifests, and plain root file systems."""
