"""Any CRI socket: containerd, CRI-O, cri-dockerd."""
