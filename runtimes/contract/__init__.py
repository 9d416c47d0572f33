"""The suite that certifies a container runtime backend, its fake, and private engines for tests."""
