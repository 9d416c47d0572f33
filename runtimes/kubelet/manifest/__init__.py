"""Strict loading of manifests: YAML or JSON to defaulted Pods, or every mistake with its line."""

from runtimes.kubelet.manifest.defaults import with_defaults
from runtimes.kubelet.manifest.errors import InvalidManifest, Mistake
from runtimes.kubelet.manifest.load import Manifest, check, load, pods
from runtimes.kubelet.manifest.source import manifest_files
from runtimes.kubelet.manifest.unsupported import unsupported

__all__ = [
    "InvalidManifest",
    "Manifest",
    "Mistake",
    "check",
    "load",
    "manifest_files",
    "pods",
    "unsupported",
    "with_defaults",
]
