"""What a run is to hold to the contract, and which part of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runtimes.contract import catalogue
from runtimes.core import errors
from runtimes.core.backend import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from runtimes.contract.subject import Known

_PACKAGES = {
    Kind.CRI: ("cri", "streaming", "pod"),
    Kind.POD: ("pod",),
    Kind.DOCKER: ("docker",),
}
"""Packages of tests by what a backend implements."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Attributes:
    name: of the backend.
    kinds: the contracts that it implements; one name may stand for several.
    words: its options, as on the command line.
    profiles: only these; empty for all that its kinds have.
    level: only this one; empty for both.
    tests: only these ids, or all below a prefix of them.
    restart: a shell's command that kills the engine with kill -9 and starts it again.
    state: folders of the backend's own records.
    repeat: how often everything runs.
    patience: seconds that one test gets.
    """

    name: str
    kinds: tuple[Kind, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    profiles: tuple[str, ...] = ()
    level: str = ""
    tests: tuple[str, ...] = ()
    registry: str = ""
    image: str = ""
    restart: str = ""
    state: tuple[Path, ...] = ()
    known: tuple[Known, ...] = ()
    repeat: int = 1
    patience: float = 120.0

    @property
    def packages(self) -> list[str]:
        """Packages of tests to collect, by their full names."""
        names = dict.fromkeys(name for kind in self.kinds for name in _PACKAGES[kind])
        wanted = {entry.module.partition(".")[0] for entry in self.entries}
        return [f"runtimes.contract.{name}" for name in names if name in wanted]

    @property
    def entries(self) -> list[catalogue.Entry]:
        """The tests that the plan asks for."""
        names = {name for kind in self.kinds for name in _PACKAGES[kind]}
        return [
            entry
            for entry in catalogue.catalogue().values()
            if entry.module.partition(".")[0] in names and self.wants(entry)
        ]

    @property
    def narrowed(self) -> bool:
        return bool(self.profiles or self.level or self.tests)

    def wants(self, entry: catalogue.Entry) -> bool:
        return (
            (not self.profiles or entry.profile in self.profiles)
            and self.level in {"", entry.level}
            and (not self.tests or any(_meet(entry.id, test) for test in self.tests))
        )

    def wants_case(self, test_id: str) -> bool:
        """Whether a case is asked for, where a test is named with its parameter."""
        return not self.tests or any(_below(test_id, test) for test in self.tests)


def checked(plan: Plan) -> Plan:
    """The plan, if it asks for something.

    Raises:
        InvalidArgument: for nothing, or for what isn't there.
    """
    known = catalogue.profiles()
    for profile in plan.profiles:
        if profile not in known:
            raise errors.InvalidArgument(
                f"run the contract: there is no profile '{profile}'; known are {', '.join(known)}"
            )
    for test in plan.tests:
        if not any(_meet(entry.id, test) for entry in plan.entries):
            raise errors.InvalidArgument(
                f"run the contract: no test is, or begins with, '{test}';"
                " 'runtimes contract list' shows them all"
            )
    if plan.tests and all(entry.is_promise for entry in plan.entries):
        raise errors.InvalidArgument(
            f"run the contract: '{plan.tests[0]}' is looked at when a run ends: name a test to run"
        )
    return plan


def _meet(test_id: str, word: str) -> bool:
    """Whether a word names a test, several with it, or one of its cases."""
    return _below(test_id, word) or _below(word, test_id)


def _below(test_id: str, prefix: str) -> bool:
    return test_id == prefix or test_id.startswith((f"{prefix}.", f"{prefix}["))
