"""DockerManager: pods straight on an Engine, as the first kubelets ran them."""
