"""The report: what was held to the contract, on what, and how each test went.

Source: report/schema.json, which a test holds to these classes.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

API_VERSION = "contract.runtimes/v1"
CONTRACT_VERSION = "1.0"
"""Of the suite, apart from the package's: the second figure grows when tests are added."""


class Verdict(StrEnum):
    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    UNIMPLEMENTED = "unimplemented"  # not claimed, and so not asked for
    UNDECLARED = "undeclared"  # works, but isn't claimed
    KNOWN_FAILURE = "known-failure"  # fails, as it is written down that it does
    SKIPPED = "skipped"  # could not be tried here


class Result(StrEnum):
    CONFORMANT = "conformant"
    PARTIAL = "partial"  # nothing failed, but not all of level core passed
    NOT_CONFORMANT = "not conformant"
    NOTHING_RAN = "nothing ran"


class Record(msgspec.Struct, frozen=True, rename="camel"):
    """One call of the backend; arguments and answers as JSON text, without credentials.

    Attributes:
        ms: None for one that never returned.
    """

    name: str
    request: str
    answer: str = ""
    error: str = ""
    ms: float | None = None


class Outcome(msgspec.Struct, frozen=True, rename="camel"):
    """How one test went, or one case of it.

    Attributes:
        runs: how often it ran, and `passed` of them; more than 1 with --repeat.
        message: why, for anything but a pass.
        calls: the last ones of a failed run.
    """

    id: str
    profile: str
    level: str
    verdict: Verdict
    ms: float
    message: str = ""
    details: str = ""
    capabilities: tuple[str, ...] = ()
    spec: str = ""
    runs: int = 1
    passed: int = 0
    calls: tuple[Record, ...] = ()


class Subject(msgspec.Struct, frozen=True, rename="camel"):
    """The backend, and the engine beneath it as it names itself."""

    name: str
    kind: str
    package: str = ""
    version: str = ""
    engine: str = ""
    capabilities: tuple[str, ...] = ()


class Host(msgspec.Struct, frozen=True, rename="camel"):
    kernel: str
    machine: str
    python: str
    root: bool


class Report(msgspec.Struct, frozen=True, rename="camel"):
    """One run.

    Attributes:
        began: RFC 3339, UTC.
        command: how to run the same again.
        only: the run was narrowed, so that what is missing says nothing.
    """

    subject: Subject
    host: Host
    began: str
    seconds: float
    command: str
    tests: tuple[Outcome, ...]
    only: bool = False
    contract_version: str = CONTRACT_VERSION
    api_version: str = API_VERSION
