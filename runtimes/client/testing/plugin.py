"""The pytest plugin: `pod` starts pods for a test, and a failing test's report tells of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from runtimes.client.runtime import Runtime
    from runtimes.client.testing.pods import Pods

_PODS = pytest.StashKey["Pods"]()


@pytest.fixture(scope="session")
def pod_runtime() -> Iterator[Runtime]:
    """The backend that `pod` starts pods on: the configured one, else the embedded.

    Override it in a conftest.py to choose another.
    """
    from runtimes.client import connect

    with connect() as runtime:
        yield runtime


@pytest.fixture(scope="session")
def _without_leftovers(pod_runtime: Runtime) -> Runtime:
    from runtimes.client.testing.pods import remove_leftovers

    remove_leftovers(pod_runtime)
    return pod_runtime


@pytest.fixture
def pod(request: pytest.FixtureRequest, _without_leftovers: Runtime) -> Iterator[Pods]:
    """Start pods for this test: `pod("web.yaml")`, `pod(image="redis:7")`.

    Each runs in a namespace of the test's own and is removed after it, whatever happens.
    """
    yield from _pods(request.node, _without_leftovers)


@pytest.fixture(scope="session")
def pod_factory(request: pytest.FixtureRequest, _without_leftovers: Runtime) -> Iterator[Pods]:
    """Start pods as `pod` does, but for fixtures of wider scope: they stay until the run's end.

    With pytest-xdist every worker has its own.
    """
    yield from _pods(request.node, _without_leftovers)


def _pods(node: pytest.Item | pytest.Session, runtime: Runtime) -> Iterator[Pods]:
    from runtimes.client.testing.pods import Pods

    node.stash[_PODS] = pods = Pods(runtime)
    try:
        yield pods
    finally:
        pods.end()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add what is known of the test's pods to the report of its failure."""
    report = yield
    if report.when in {"setup", "call"} and report.failed:
        for pods in _used(item):
            from runtimes.client.testing.report import evidence

            for started in pods.started:
                for title, text in evidence(started):
                    _add(report, title, text)
    return report


def _used(item: pytest.Item) -> Iterator[Pods]:
    """Those that the test started, and those that its fixtures share with others."""
    shares = "pod_factory" in getattr(item, "fixturenames", ())
    nodes = (item, item.session) if shares else (item,)
    yield from (node.stash[_PODS] for node in nodes if _PODS in node.stash)


def _add(report: pytest.TestReport, title: str, text: str) -> None:
    """Into the failure itself where it can be, so that JUnit XML has it too."""
    add = getattr(report.longrepr, "addsection", None)
    if add is not None:
        add(title, text)
    else:
        report.sections.append((title, text))
