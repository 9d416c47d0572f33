"""The suite that certifies a container runtime backend, its fake, and private engines for tests.

`from runtimes.contract import *` in a test module brings every test of a CRI backend; those of a
PodRuntime are in `runtimes.contract.pod`, those of an Engine in `runtimes.contract.docker`.
"""

from __future__ import annotations


def __getattr__(name: str) -> object:
    if name != "__all__" and not name.startswith("test_"):  # a submodule, to be imported
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from runtimes.contract import suite

    return suite.attribute_of(suite.PROFILES, name)
