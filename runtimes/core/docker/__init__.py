"""The Docker Engine as dockertools saw it: DockerInterface."""
