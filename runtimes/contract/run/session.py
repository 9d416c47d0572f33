"""Run the suite by pytest, hermetically, and collect a report."""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.contract import backends
from runtimes.contract.report.model import Outcome, Report, Subject
from runtimes.contract.run.merge import host, kept_promises, merged
from runtimes.contract.run.recorder import Recorder
from runtimes.contract.run.redact import scrubbed
from runtimes.contract.run.transcript import Transcript
from runtimes.contract.run.watchdog import Hang, interrupted
from runtimes.contract.settings import Settings
from runtimes.core import errors
from runtimes.core.backend import Kind
from runtimes.core.capability import Capability
from runtimes.core.discovery import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from runtimes.contract.run.plan import Plan
    from runtimes.core.backend import Backend, Probe

_OFF = ("terminal", "cacheprovider", "timeout", "xdist", "randomly", "faulthandler")
"""Plugins that would speak, or meddle."""
_PROBE_PATIENCE = 30.0
_COLLECTION_FAILED = frozenset({pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR})


@dataclass(frozen=True, slots=True)
class Watchers:
    """Attributes:
    progress: told of each test as it ends.
    last_words: gets the report so far when a test hangs beyond help, before the process ends.
    """

    progress: Callable[[Outcome], None]
    last_words: Callable[[Report], None]


def run(plan: Plan, command: str, watchers: Watchers) -> Report:
    """Run what the plan asks for.

    Raises:
        BackendUnavailable: the backend can't be used on this host.
        Internal: pytest itself failed.
    """
    began, start = datetime.now(UTC), time.monotonic()
    subject = describe(plan)
    transcript = Transcript()
    tests: list[Outcome] = []

    def report(found: Iterable[Outcome]) -> Report:
        return Report(
            subject=subject,
            host=host(),
            began=began.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - start, 1),
            command=scrubbed(command),
            tests=tuple(merged(found)),
            only=plan.narrowed,
        )

    def give_up(found: list[Outcome]) -> None:
        watchers.last_words(report([*tests, *found]))

    with _with_registry(plan, subject) as whole:
        for _ in range(plan.repeat):
            recorder = Recorder(whole, transcript, watchers.progress, give_up)
            _pytest(whole, recorder, transcript)
            tests += [*recorder.tests, *kept_promises(recorder.tests)]
    return report(tests)


@contextlib.contextmanager
def _with_registry(plan: Plan, subject: Subject) -> Iterator[Plan]:
    """The plan, with a registry of the run's own where there is no other way to an image."""
    claims = subject.capabilities
    pulls_only = Capability.IMAGE_PULL in claims and Capability.IMAGE_IMPORT not in claims
    if plan.registry or plan.image or not (pulls_only or Kind.DOCKER in plan.kinds):
        yield plan
        return
    from runtimes.contract.testimage.registry import own_registry

    with own_registry() as registry:
        yield replace(plan, registry=registry)


def describe(plan: Plan) -> Subject:
    """The backend's own description, and of the engine beneath it if it is usable here.

    Raises:
        BackendUnavailable: it isn't.
    """
    found = backends.named(plan.name, plan.kinds)
    for backend in found:
        options = backends.filled(backend, plan.words)
        probe = _probed(backend, options)
        if not probe.usable:
            raise errors.BackendUnavailable(
                f"hold backend '{plan.name}' to its contract: {probe.reason}; {probe.remedy}"
            )
        _ask(backend, options, plan.patience)
        engine = probe.reason
    source = next(one for one in installed(tuple(Kind)) if one.name == plan.name)
    claims = frozenset[str]().union(*(backend.capabilities for backend in found))
    return Subject(
        name=plan.name,
        kind=", ".join(plan.kinds),
        package=source.distribution,
        version=source.version,
        engine=engine,
        capabilities=tuple(sorted(claims - set(plan.without))),
    )


def _probed(backend: Backend[Any], options: object) -> Probe:
    try:
        with interrupted(_PROBE_PATIENCE):
            return backend.probe(options)
    except Hang as hang:
        raise errors.BackendUnavailable(
            f"hold backend '{backend.name}' to its contract: its probe didn't answer within"
            f" {_PROBE_PATIENCE:g} s; a probe must be quick"
        ) from hang


def _ask(backend: Backend[Any], options: object, patience: float) -> None:
    """A socket may be there, and belong to somebody who speaks otherwise.

    Any other fault, and a hang, is for the tests to tell.
    """
    try:
        with interrupted(patience), backend.open(options) as service:
            service.version()
    except errors.BackendUnavailable:
        raise
    except errors.Unavailable as error:
        raise errors.BackendUnavailable(
            f"hold backend '{backend.name}' to its contract: {error};"
            " is what answers there a runtime?"
        ) from error
    except Exception:  # noqa: BLE001 - whatever it is, a test shows it with its calls
        return


def _pytest(plan: Plan, recorder: Recorder, transcript: Transcript) -> None:
    output = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="runtimes-contract-") as folder:
        ini = Path(folder, "pytest.ini")
        ini.write_text("[pytest]\nxfail_strict = true\n")
        arguments = ["-c", str(ini), "--rootdir", folder, "--basetemp", str(Path(folder, "tmp"))]
        arguments += [word for name in _OFF for word in ("-p", f"no:{name}")]
        arguments += ["--import-mode=importlib", "--capture=sys", "--pyargs", *plan.packages]
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            settings = Settings(plan=plan, transcript=transcript)
            code = pytest.main(arguments, plugins=[recorder, settings])
    if code in _COLLECTION_FAILED:
        raise errors.Internal(f"run the contract: pytest ended with {code!r}: {output.getvalue()}")
