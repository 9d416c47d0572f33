"""The tests of a profile, as names to import into a test module."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

PROFILES = ("runtimes.contract.cri", "runtimes.contract.streaming", "runtimes.contract.pod")
PACKAGES = (*PROFILES, "runtimes.contract.docker")
PREFIX = "test_"


@cache
def tests_of(profile: str) -> dict[str, Callable[..., None]]:
    """Every test below the package `profile`, by its name.

    Raises:
        ValueError: two tests have one name.
    """
    found: dict[str, Callable[..., None]] = {}
    package = importlib.import_module(profile)
    for module_info in pkgutil.walk_packages(package.__path__, f"{profile}."):
        module = importlib.import_module(module_info.name)
        for name, value in vars(module).items():
            if name.startswith(PREFIX) and value.__module__ == module.__name__:
                if name in found:
                    raise ValueError(f"{module.__name__}.{name}: another test has that name")
                found[name] = value
    return found


def attribute(profile: str, name: str) -> object:
    """Serve ``from <profile> import *`` without importing every test before it is asked for."""
    return attribute_of((profile,), name)


def attribute_of(profiles: Sequence[str], name: str) -> object:
    """The same of several profiles at once."""
    tests: dict[str, Callable[..., None]] = {}
    if name == "__all__" or name.startswith(PREFIX):
        for profile in profiles:
            tests |= tests_of(profile)
    if name == "__all__":
        return list(tests)
    if name in tests:
        return tests[name]
    raise AttributeError(f"'{profiles[0]}' has no attribute {name!r}")
