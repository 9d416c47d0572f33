"""Which capability a test is about."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.capability import Capability

MARK = "contract_requires"
NOT_CLAIMED = pytest.StashKey[bool]()
"""Set on a test that is skipped because its subject claims less."""
Test = TypeVar("Test", bound="Callable[..., None]")


def requires(*capabilities: Capability) -> Callable[[Test], Test]:
    """Run the test only for backends that claim all of `capabilities`.

    That what isn't claimed is refused has a test of its own.
    """
    mark = pytest.mark.contract_requires(*capabilities)

    def decorate(test: Test) -> Test:
        decorated: Test = mark(test)
        return decorated

    return decorate


class Undeclared(AssertionError):
    """It works, but isn't claimed: one line in the backend's capabilities is missing."""
