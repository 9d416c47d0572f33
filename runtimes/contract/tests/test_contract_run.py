"""`runtimes contract run`: verdicts, exit codes, reports."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from runtimes.contract import catalogue
from runtimes.contract.report import jsonfile
from runtimes.contract.report.model import Verdict
from runtimes.contract.tests.broken_backend import FAULTS
from runtimes.contract.tests.contract_command import contract, install

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(360)
_VERSION = "cri.runtime.version"
_ENGINE = "docker.system.version.version_tells_those_of_engine_and_api"
_READY = "cri.sandbox.run.run_sandbox_is_ready_when_it_returns"
_SAME = f"{_VERSION}.version_is_the_same_each_time"


def known(folder: Path, test: str, **words: str) -> str:
    """A file with one known failure."""
    table = {"test": test, "reason": "a reason", "link": "https://example.org/1"} | words
    text = "".join(f"{key} = {json.dumps(value)}\n" for key, value in table.items() if value)
    path = folder / "known.toml"
    path.write_text(f"[[known-failure]]\n{text}")
    return str(path)


def test_a_part_of_the_fake_is_conformant_and_exits_with_zero(tmp_path: Path) -> None:
    done = contract("contract", "run", "-b", "fake", "--test", _VERSION, cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "fake 0.1.0 is conformant to contract 1.0 (a part of it): cri 8/8." in done.stdout


@pytest.mark.timeout(700)
def test_all_twelve_faults_of_a_broken_plugin_are_found(tmp_path: Path) -> None:
    install(tmp_path / "site", "broken", "runtimes.contract.tests.broken_backend:backend")

    done = contract(
        *("contract", "run", "-b", "broken", "--report", f"json={tmp_path}/report.json"),
        *("--profile", "cri"),
        cwd=tmp_path,
        site=tmp_path / "site",
        timeout=600,
    )

    assert done.returncode == 1, done.stderr
    report = jsonfile.read(tmp_path / "report.json")
    failed = {test.id.rpartition(".")[2] for test in report.tests if test.verdict is Verdict.FAIL}
    assert {test.removeprefix("test_") for test in FAULTS.values()} <= failed
    assert "why: runtimes contract explain cri." in done.stdout


def test_an_engine_is_certified_by_its_name_too(tmp_path: Path) -> None:
    target = "runtimes.contract.tests.broken_engine:backend"
    install(tmp_path / "site", "broken-engine", target, "docker")
    tests = ("--test", "docker.system", "--test", "docker.container.start")

    done = contract(
        *("contract", "run", "-b", "broken-engine", *tests, "--report", f"json={tmp_path}/r.json"),
        cwd=tmp_path,
        site=tmp_path / "site",
    )

    assert done.returncode == 1, done.stdout + done.stderr
    found = {test.id: test for test in jsonfile.read(tmp_path / "r.json").tests}
    assert [one.id for one in found.values() if one.verdict is not Verdict.PASS] == [_ENGINE]
    assert found[_ENGINE].calls[0].name == "version"
    assert "docker.run.leaves_no_descriptors" in found


def test_every_form_of_report_is_written_to_a_folder(tmp_path: Path) -> None:
    install(tmp_path / "site", "broken", "runtimes.contract.tests.broken_backend:backend")
    tests = ("--test", "cri.container.exec_sync", "--test", _VERSION)

    contract(
        *("contract", "run", "-b", "broken", *tests, "--report", "reports"),
        cwd=tmp_path,
        site=tmp_path / "site",
    )

    folder = tmp_path / "reports"
    tree = ET.parse(folder / "junit.xml")
    assert len(tree.findall(".//failure")) >= 2
    page = (folder / "report.html").read_text()
    assert "exec_sync" in page
    assert "http" not in page.replace("http://127.0.0.1", "")  # nothing from elsewhere
    assert "not conformant" in (folder / "report.md").read_text()
    assert json.loads((folder / "badge.json").read_text())["color"] == "red"


def test_a_core_test_that_is_known_to_fail_makes_it_partial(tmp_path: Path) -> None:
    install(tmp_path / "site", "broken", "runtimes.contract.tests.broken_backend:backend")
    test = "cri.container.stop.stop_container_that_is_absent_succeeds"

    done = contract(
        *("contract", "run", "-b", "broken", "--test", test, "--known", known(tmp_path, test)),
        cwd=tmp_path,
        site=tmp_path / "site",
    )

    assert done.returncode == 3, done.stdout
    assert "known-failure" in done.stdout
    assert "a reason (https://example.org/1)" in done.stdout


def test_a_known_failure_that_passes_says_so_and_fails(tmp_path: Path) -> None:
    file = known(tmp_path, _SAME)

    done = contract(
        *("contract", "run", "-b", "fake", "--test", _SAME, "--known", file), cwd=tmp_path
    )

    assert done.returncode == 1
    assert "it passes now: no longer a known failure" in done.stdout


def test_what_works_without_a_claim_is_undeclared(tmp_path: Path) -> None:
    test = (
        "cri.runtime.capabilities.an_rpc_is_refused_exactly_when_it_is_not_claimed[RuntimeConfig]"
    )

    done = contract(
        *("contract", "run", "-b", "fake", "--test", test, "--without", "runtime.config"),
        cwd=tmp_path,
    )

    assert done.returncode == 1
    assert "undeclared" in done.stdout


def test_the_level_core_that_cannot_be_tried_is_partial(tmp_path: Path) -> None:
    done = contract(
        *("contract", "run", "-b", "fake", "--test", "cri.image.pull", "--profile", "cri"),
        cwd=tmp_path,
    )

    assert done.returncode in {0, 3}
    assert "there is no registry" in done.stdout


def test_nothing_of_an_empty_selection_is_exit_code_five(tmp_path: Path) -> None:
    done = contract(
        *("contract", "run", "-b", "fake", "--profile", "docker"),
        cwd=tmp_path,
    )

    assert done.returncode == 5, done.stdout + done.stderr
    assert "nothing ran" in done.stdout


def test_a_backend_that_cannot_be_used_here_is_exit_code_four(tmp_path: Path) -> None:
    absent = contract("contract", "run", "-b", "no-such", cwd=tmp_path)
    refused = contract(
        "contract", "run", "-b", "cri", "--endpoint", f"unix://{tmp_path}/none.sock", cwd=tmp_path
    )

    assert absent.returncode == refused.returncode == 4
    assert "isn't installed" in absent.stderr
    assert "none.sock" in refused.stderr


def test_a_socket_that_speaks_otherwise_is_exit_code_four(tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    with server:
        done = contract(
            *("contract", "run", "-b", "cri", "--test", _SAME),
            *("--endpoint", f"tcp://127.0.0.1:{server.server_port}"),
            cwd=tmp_path,
        )
        server.shutdown()

    assert done.returncode == 4, done.stdout + done.stderr
    assert "is what answers there a runtime?" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--profile", "nothing"), "there is no profile 'nothing'"),
        (("--test", "cri.nothing"), "no test is, or begins with, 'cri.nothing'"),
        (("--without", "flying"), "there is no such capability"),
        (("--report", "pdf=x"), "expected a folder, or FORMAT=FILE"),
        (("--known", "absent.toml"), "No such file"),
    ],
)
def test_a_word_that_makes_no_sense_is_exit_code_two(
    arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    done = contract("contract", "run", "-b", "fake", *arguments, cwd=tmp_path)

    assert done.returncode == 2, done.stdout + done.stderr
    assert message in done.stderr


@pytest.mark.parametrize("missing", ["reason", "link"])
def test_a_known_failure_needs_a_reason_and_a_link(missing: str, tmp_path: Path) -> None:
    file = known(tmp_path, _SAME, **{missing: ""})

    done = contract("contract", "run", "-b", "fake", "--known", file, cwd=tmp_path)

    assert done.returncode == 2
    assert f"needs {missing}" in done.stderr


def test_repeating_tells_how_often_a_test_passed(tmp_path: Path) -> None:
    contract(
        *("contract", "run", "-b", "fake", "--test", _SAME, "--repeat", "3"),
        *("--report", "json=report.json"),
        cwd=tmp_path,
    )

    report = jsonfile.read(tmp_path / "report.json")
    assert [(test.runs, test.passed) for test in report.tests if test.id == _SAME] == [(3, 3)]


HANGING = """
import time
from dataclasses import dataclass
from runtimes.contract.fake.backend import FakeBackend
from runtimes.contract.fake.service import FakeCri
class Hanging(FakeCri):
    def %METHOD%(self, *arguments, **keywords):
        time.sleep(1000)
@dataclass(frozen=True, slots=True)
class Backend(FakeBackend):
    name: str = "hanging"
    def open(self, options=None):
        return Hanging()
backend = Backend()
"""


@pytest.mark.parametrize(
    ("method", "test", "says"),
    [
        ("status", "cri.runtime.status", "status()"),
        ("remove_pod_sandbox", _READY, "at its end: hangs"),
        ("__init__", _SAME, "hangs"),
        ("close", _SAME, "not looked at: the end of"),
    ],
    ids=["call", "removal", "opening", "closing"],
)
def test_a_hang_is_a_failure_that_shows_the_last_calls(
    method: str, test: str, says: str, tmp_path: Path
) -> None:
    install(tmp_path / "site", "hanging", "hanging:backend")
    (tmp_path / "site/hanging.py").write_text(HANGING.replace("%METHOD%", method))

    done = contract(
        *("contract", "run", "-b", "hanging", "--test", test, "--patience", "4"),
        cwd=tmp_path,
        site=tmp_path / "site",
    )

    assert done.returncode == 1, done.stderr
    assert "did not end within 4 s" in done.stdout
    assert says in done.stdout


def test_every_test_can_be_explained_with_the_line_it_comes_from(tmp_path: Path) -> None:
    done = contract("contract", "explain", _SAME, cwd=tmp_path)

    assert "api.proto:" in done.stdout
    assert "rpc Version" in done.stdout
    for entry in catalogue.catalogue().values():
        assert catalogue.specification(entry), entry.id
        assert entry.sentence in catalogue.explain(entry)


def test_static_checks_hold_without_an_engine(tmp_path: Path) -> None:
    for name in ("fake", "oci", "cri"):
        done = contract("contract", "run", "-b", name, "--static", cwd=tmp_path)

        assert done.returncode == 0, done.stdout
