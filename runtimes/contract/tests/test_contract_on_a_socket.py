"""A runtime in whatever language, certified by its socket: containerd, as its author would."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.engines.process import wait_for
from runtimes.contract.tests.conftest import uninstall_bridge
from runtimes.contract.tests.contract_command import contract

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.contract.engines.session import EngineSession

pytestmark = [pytest.mark.needs_root, pytest.mark.timeout(480)]

IGNORED = "cri.image.list.list_images_by_reference"
KNOWN = f"""
[[known-failure]]
test = "{IGNORED}"
reason = "the filter of ListImages is ignored"
link = "https://example.org/1"
"""


@pytest.fixture
def endpoint(runtimes_engines: EngineSession) -> str:
    return runtimes_engines.env("containerd")["CONTAINER_RUNTIME_ENDPOINT"]


@pytest.mark.needs_containerd
@pytest.mark.parametrize(
    ("arguments", "ending"),
    [
        (("--test", "cri.runtime.version"), (0, "is conformant")),
        (("--test", IGNORED), (1, "is not conformant")),
        (("--test", IGNORED, "--known", "known.toml"), (3, "is partial")),
        (("--profile", "docker"), (5, "nothing ran")),
    ],
    ids=["conformant", "not-conformant", "partial", "nothing-ran"],
)
def test_a_socket_is_certified_and_the_exit_code_says_how(
    arguments: tuple[str, ...], ending: tuple[int, str], endpoint: str, tmp_path: Path
) -> None:
    (tmp_path / "known.toml").write_text(KNOWN)

    done = contract(
        *("contract", "run", "-b", "cri", "--endpoint", endpoint, *arguments), cwd=tmp_path
    )

    code, says = ending
    assert done.returncode == code, done.stdout + done.stderr
    assert says in done.stdout


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """A runtime's socket on this host, behind which nothing can be imported."""
    socket, bridge = tmp_path / "x.sock", f"rty{os.getpid():x}"
    places = [f"root={tmp_path}/root", f"run_root={tmp_path}/run", f"bridge={bridge}"]
    options = [word for place in places for word in ("--option", place)]
    command = [sys.executable, "-m", "runtimes.cli.main", "-b", "oci", *options]
    server = subprocess.Popen([*command, "serve", "--listen", f"unix://{socket}"])
    try:
        wait_for(socket.exists, 60, lambda: "the socket")
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait(120)
        uninstall_bridge(tmp_path / "run", bridge)


@pytest.mark.needs_oci
def test_a_runtime_pulls_from_the_runs_own_registry_when_there_is_no_other(
    served: str, tmp_path: Path
) -> None:
    done = contract(
        *("contract", "run", "-b", "cri", "--endpoint", served),
        *("--test", "cri.image.pull", "--test", "cri.container.start"),
        cwd=tmp_path,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
