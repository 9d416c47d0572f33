"""The embedded backend: the CRI straight over crun or runc, no daemon."""
