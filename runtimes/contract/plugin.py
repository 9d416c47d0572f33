"""The pytest plugin: collects the suite, and gives its tests what they work with.

    pytest --pyargs runtimes.contract.cri --runtimes-backend NAME [--runtimes-option K=V]...

or, in a backend's own repository, a test module with

    from runtimes.contract.cri import *

    @pytest.fixture(scope="session")
    def contract_subject() -> Subject: ...
"""

from __future__ import annotations

import importlib
import secrets
import subprocess
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import MARK, NOT_CLAIMED
from runtimes.contract.settings import known_failures, named_backend, transcript_of
from runtimes.contract.suite import PACKAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from types import ModuleType

    from runtimes.contract.bench import Bench, Run
    from runtimes.contract.crash.bench import Crash
    from runtimes.contract.crash.caller import Nursery
    from runtimes.contract.crash.pods import PodCrash
    from runtimes.contract.engines.session import EngineSession
    from runtimes.contract.pod_bench import PodBench, PodRun
    from runtimes.contract.subject import Subject

pytest.register_assert_rewrite(
    *PACKAGES,
    "runtimes.contract.bench",
    "runtimes.contract.pod_bench",
    "runtimes.contract.crash.bench",
)
pytest_plugins = ("runtimes.contract.docker.fixtures",)

_HERE = Path(__file__).parent
_TEST_DEADLINE = 120.0
_NEEDS = {
    "needs_root": "changes the host (mounts, namespaces, cgroups); run as root",
    "needs_oci": "needs crun or runc, and conmon or the Python monitor",
    "needs_containerd": "needs a private containerd, which the plugin starts",
    "needs_docker": "needs a private dockerd, which the plugin starts",
    "needs_registry": "needs a private registry, which the plugin starts",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("runtimes", "contract of container runtimes")
    group.addoption(
        "--runtimes-backend", default="", metavar="NAME", help="the backend to hold to the contract"
    )
    parser.addini("runtimes_backend", "the backend to hold to the contract", default="")
    group.addoption(
        "--runtimes-option", action="append", default=[], metavar="K=V", help="one of its options"
    )
    group.addoption(
        "--runtimes-without",
        action="append",
        default=[],
        metavar="CAPABILITY",
        help="a capability that this one doesn't have, e.g. events; it must then refuse it",
    )
    group.addoption(
        "--runtimes-image",
        default="",
        metavar="REFERENCE",
        help="the suite's busybox, if it is there already under another name",
    )
    group.addoption(
        "--runtimes-registry",
        default="",
        metavar="HOST:PORT",
        help="a registry that the backend and this process reach, to pull images from",
    )
    group.addoption(
        "--runtimes-report",
        default="",
        metavar="FOLDER",
        help="write reports of every subject that the session certifies",
    )
    group.addoption(
        "--runtimes-restart",
        default="",
        metavar="COMMAND",
        help="a shell's command that kills the backend's engine and starts it again",
    )
    group.addoption(
        "--runtimes-state",
        action="append",
        default=[],
        metavar="FOLDER",
        help="where the backend's own records are; those of the suite's pods are damaged",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "contract_requires(*capabilities): only for backends that claim them"
    )
    for name, description in _NEEDS.items():
        config.addinivalue_line("markers", f"{name}: {description}")
    if folder := config.getoption("--runtimes-report"):
        _gather(config, Path(folder))


def _gather(config: pytest.Config, folder: Path) -> None:
    from runtimes.contract.run.gather import Gatherer

    worker = getattr(config, "workerinput", {}).get("workerid", "")
    gatherer = Gatherer(folder.absolute(), worker or "main", not worker, transcript_of(config))
    config.pluginmanager.register(gatherer, "runtimes-report")


class SuiteModule(pytest.Module):
    """A file of the suite, imported by its full name, whatever the import mode."""

    def _getobj(self) -> ModuleType:
        parts = self.path.relative_to(_HERE).with_suffix("").parts
        return importlib.import_module(".".join(("runtimes.contract", *parts)))


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Take the suite's files, whose names are those of the RPCs, when a backend is named."""
    folders = [_HERE / package.rpartition(".")[2] for package in PACKAGES]
    ours = any(file_path.is_relative_to(folder) for folder in folders)
    if not ours or file_path.suffix != ".py" or file_path.name == "__init__.py":
        return None
    if not parent.config.getoption("--runtimes-backend"):
        return None
    return SuiteModule.from_parent(parent, path=file_path)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Start engines before a test's own time begins: a busy host may need all of it for that."""
    from runtimes.contract.engines import needs

    needs.prepare(_marks(item), item.config)
    return (yield)


def _marks(item: pytest.Item) -> list[str]:
    return [mark for mark in _NEEDS if item.get_closest_marker(mark) is not None]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or under CI fail, what needs something that this host lacks."""
    from runtimes.contract.engines import needs

    transcript_of(item.config).begin()
    for mark in _marks(item):
        needs.ensure(mark, item.config)


@pytest.fixture(scope="session")
def runtimes_engines(request: pytest.FixtureRequest) -> EngineSession:
    """Private engines, started when first asked for and ended with the session.

    `runtimes_engines.env("containerd")` gives the variables that tell where it is.
    """
    from runtimes.contract.engines.session import session_of

    return session_of(request.config)


@pytest.fixture(scope="session")
def contract_subject(request: pytest.FixtureRequest) -> Subject:
    """What is certified; override it to certify a backend from its own repository."""
    from dataclasses import replace

    from runtimes.contract.subject import subject_of
    from runtimes.core.capability import Capability

    config = request.config
    named = named_backend(config, "contract_subject")
    listed = ",".join(config.getoption("--runtimes-without")).split(",")
    without = frozenset(Capability(one) for one in listed if one)
    return replace(
        subject_of(named.name, named.words, without),
        image=config.getoption("--runtimes-image"),
        registry=config.getoption("--runtimes-registry"),
        restart=_command(config.getoption("--runtimes-restart")),
        state=tuple(map(Path, config.getoption("--runtimes-state"))),
        known=known_failures(config),
    )


# Of a module and not of the session: another module may have another subject.
@pytest.fixture(scope="module")
def contract_run(
    contract_subject: Subject,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[Run]:
    """The opened service; at the end, nothing may be left."""
    from runtimes.contract.bench import Run
    from runtimes.contract.leaks.watch import Watch

    run_id = f"rtc-{secrets.token_hex(4)}"
    folder = _folder(tmp_path_factory, run_id)
    subject, transcript = contract_subject, transcript_of(request.config)
    watch = Watch(subject, run_id, folder, transcript.made)
    with watch.no_leaks(), transcript.wrap(subject.open()) as service:
        run = Run(run_id, subject, service, folder, transcript.wrap)
        yield run
        run.close()


@pytest.fixture(scope="module")
def contract_pod_run(
    contract_subject: Subject,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[PodRun]:
    """As `contract_run`, with a PodRuntime: the subject's own, or kubelet's over its CRI."""
    from runtimes.contract.leaks.watch import Watch
    from runtimes.contract.pod_run import Opening, opened_pods

    run_id = f"rtp-{secrets.token_hex(4)}"
    folder = _folder(tmp_path_factory, run_id)
    subject, transcript = contract_subject, transcript_of(request.config)
    watch = Watch(subject, run_id, folder, transcript.made)
    opening = Opening(subject, run_id, folder, transcript.wrap)
    with watch.no_leaks(), opened_pods(opening) as run:
        yield run


def _folder(factory: pytest.TempPathFactory, run_id: str) -> Path:
    folder = factory.mktemp(run_id, numbered=False)
    folder.chmod(0o755)
    return folder


def _patience(request: pytest.FixtureRequest) -> float:
    """Seconds for all calls of a test: more where its own time limit is longer."""
    mark = request.node.get_closest_marker("timeout")
    return max(_TEST_DEADLINE, *mark.args) if mark is not None else _TEST_DEADLINE


@pytest.fixture
def contract(contract_run: Run, request: pytest.FixtureRequest) -> Iterator[Bench]:
    """The workbench of one test of the profile `cri`."""
    from runtimes.contract.bench import Bench
    from runtimes.core import deadline

    _apply_claims(contract_run.subject, request)
    with Bench(contract_run) as bench, deadline.within(_patience(request)):
        yield bench


@pytest.fixture(scope="module")
def contract_nursery(contract_run: Run) -> Iterator[Nursery]:
    """Where processes come from that have the backend open too."""
    from runtimes.contract.crash.caller import Nursery

    nursery = Nursery(contract_run.subject.open)
    yield nursery
    nursery.close()


@pytest.fixture
def contract_crash(contract_run: Run, request: pytest.FixtureRequest) -> Iterator[Crash]:
    """Callers to kill, for tests of the profile `recovery`."""
    from runtimes.contract.crash.bench import Crash

    _apply_claims(contract_run.subject, request)
    with Crash(contract_run, request.getfixturevalue("contract_nursery")) as crash:
        yield crash


@pytest.fixture
def contract_pod(contract_pod_run: PodRun, request: pytest.FixtureRequest) -> Iterator[PodBench]:
    """The workbench of one test of the profile `pod`."""
    from runtimes.contract.pod_bench import PodBench
    from runtimes.core import deadline

    _apply_claims(contract_pod_run.subject, request)
    with PodBench(contract_pod_run) as bench, deadline.within(_patience(request)):
        yield bench


@pytest.fixture(scope="module")
def contract_pod_nursery(contract_pod_run: PodRun) -> Iterator[PodCrash]:
    """As `contract_nursery`, of processes that have the PodRuntime open."""
    from runtimes.contract.crash.pods import pod_crashes

    with pod_crashes(contract_pod_run) as crashes:
        yield crashes


@pytest.fixture
def contract_pod_crash(contract_pod_run: PodRun, request: pytest.FixtureRequest) -> PodCrash:
    """Drivers of pods to kill, for tests of the profile `recovery`."""
    _apply_claims(contract_pod_run.subject, request)
    crash: PodCrash = request.getfixturevalue("contract_pod_nursery")
    return crash


def _command(line: str) -> Callable[[], object] | None:
    """What runs a command of a shell and needs it to succeed; None for none."""
    if not line:
        return None
    return partial(subprocess.run, ["sh", "-ec", line], check=True, stdin=subprocess.DEVNULL)


def _apply_claims(subject: Subject, request: pytest.FixtureRequest) -> None:
    """Skip what the subject doesn't claim; expect what is known to fail."""
    mark = request.node.get_closest_marker(MARK)
    lacking = [one for one in mark.args if one not in subject.claims] if mark else []
    if lacking:
        request.node.stash[NOT_CLAIMED] = True
        pytest.skip(f"{subject.name} doesn't claim {', '.join(lacking)}")
    reason = subject.why_it_fails(request.node.name)
    if reason is not None:
        request.applymarker(pytest.mark.xfail(reason=reason, strict=True))
