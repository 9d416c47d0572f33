"""kubelet semantics for plain v1 Pods over any backend."""
