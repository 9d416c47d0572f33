"""Any CRI socket as a backend: containerd, CRI-O, cri-dockerd."""
