"""The embedded backend: the CRI straight over crun or runc, no daemon."""

from runtimes.oci.backend import backend
from runtimes.oci.options import OciOptions

__all__ = ["OciOptions", "backend"]
