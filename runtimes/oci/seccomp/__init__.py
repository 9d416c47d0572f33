"""Seccomp: the default profile, localhost profiles, and their compiled form.

- `choose(security_context)` -> `Profile` or None (unconfined)
- `filter_for(profile, target, runtime, folder)` -> `Filter(rules, bpf)`
"""

from runtimes.oci.seccomp.choose import BPF_ANNOTATION, Filter, choose, filter_for
from runtimes.oci.seccomp.profile import Profile, Target
from runtimes.oci.seccomp.table import default_profile

__all__ = [
    "BPF_ANNOTATION",
    "Filter",
    "Profile",
    "Target",
    "choose",
    "default_profile",
    "filter_for",
]
