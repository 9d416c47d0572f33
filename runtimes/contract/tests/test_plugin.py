"""The plugin as a backend's author meets it, in a repository of their own."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.report import jsonfile
from runtimes.contract.report.model import Verdict
from runtimes.contract.report.summary import FILE, read_summaries
from runtimes.contract.run.gather import PARTS, Gatherer
from runtimes.contract.run.transcript import Transcript

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(360)  # commands in processes of their own, on a busy host
MODULE = """
import pytest

from runtimes.contract.cri import *
from runtimes.contract.fake.backend import backend
from runtimes.contract.subject import Known, Subject


@pytest.fixture(scope="session")
def contract_subject():
    return Subject(name="mine", open=backend.open, claims=backend.capabilities, known={known})
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rA", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_suite_runs_by_its_package_name_for_a_backend(tmp_path: Path) -> None:
    done = run(
        tmp_path, "--pyargs", "runtimes.contract.cri", "--runtimes-backend=fake", "-k", "version"
    )

    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout


def test_without_a_backend_the_suites_files_are_not_collected(tmp_path: Path) -> None:
    done = run(tmp_path, "--pyargs", "runtimes.contract.cri")

    assert "no tests ran" in done.stdout


def test_one_import_and_one_fixture_certify_a_backend_in_its_repository(tmp_path: Path) -> None:
    (tmp_path / "test_contract.py").write_text(MODULE.format(known="()"))

    done = run(tmp_path, "-k", "version or list_sandboxes")

    assert done.returncode == 0, done.stdout
    assert "9 passed" in done.stdout


def test_a_known_failure_that_passes_fails_the_run(tmp_path: Path) -> None:
    known = "(Known('test_version_is_the_same_each_time', 'a reason', 'https://example.org/1'),)"
    (tmp_path / "test_contract.py").write_text(MODULE.format(known=known))

    done = run(tmp_path, "-k", "version")

    assert done.returncode == 1
    assert "XPASS(strict)" in done.stdout
    assert "1 failed, 1 passed" in done.stdout


def test_a_failing_assertion_shows_its_values(tmp_path: Path) -> None:
    text = MODULE.format(known="()") + (
        "\nfrom runtimes.contract.fake.service import FakeCri\n"
        "FakeCri.list_images = lambda self, filter=None: []\n"
    )
    (tmp_path / "test_contract.py").write_text(text)

    done = run(tmp_path, "-k", "test_list_images_by_reference")

    assert done.returncode == 1
    assert "assert [] == ['sha256:" in done.stdout


def test_a_capability_taken_away_must_be_refused(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "--pyargs",
        "runtimes.contract.cri",
        "--runtimes-backend=fake",
        "--runtimes-without=events",
        "-k",
        "GetContainerEvents",
    )

    assert done.returncode == 1
    assert "claimed: False, refused as unimplemented: False" in done.stdout


def test_without_a_subject_the_run_says_what_to_give(tmp_path: Path) -> None:
    (tmp_path / "test_contract.py").write_text("from runtimes.contract.cri import *\n")

    done = run(tmp_path, "-k", "version")

    assert done.returncode == 1
    assert "--runtimes-backend" in done.stdout


def test_each_module_of_a_session_has_its_own_subject(tmp_path: Path) -> None:
    for name in ("one", "two"):
        known = f"(Known('test_version_is_the_same_each_time', '{name}', 'https://example.org/1'),)"
        (tmp_path / f"test_{name}.py").write_text(MODULE.format(known=known))

    done = run(tmp_path, "-k", "version_is_the_same")

    assert "[XPASS(strict)] one" in done.stdout
    assert "[XPASS(strict)] two" in done.stdout


def test_reports_replace_earlier_ones_and_nothing_else_of_their_folder(tmp_path: Path) -> None:
    notes, stale = tmp_path / "notes.txt", tmp_path / "gone/report.json"
    beside, part = tmp_path / "mine/notes.txt", tmp_path / PARTS / "gone.main.json"
    for path in (notes, stale, beside, part, tmp_path / "mine/report.json", tmp_path / FILE):
        path.parent.mkdir(exist_ok=True)
        path.touch()

    Gatherer(tmp_path, "main", is_first=True, transcript=Transcript()).pytest_sessionstart()

    assert {path for path in tmp_path.rglob("*") if path.is_file()} == {notes, beside}
    assert not stale.parent.exists()


def test_a_session_writes_a_report_of_each_subject_from_all_its_processes(tmp_path: Path) -> None:
    (tmp_path / "test_contract.py").write_text(MODULE.format(known="()"))

    done = run(tmp_path, "-k", "version or attach", "-n", "1", "--runtimes-report", "reports")

    assert done.returncode == 0, done.stdout
    report = jsonfile.read(tmp_path / "reports/mine/report.json")
    verdicts = {test.id: test.verdict for test in report.tests}
    assert verdicts["cri.runtime.version.version_is_the_same_each_time"] is Verdict.PASS
    assert verdicts["cri.run.leaves_no_processes"] is Verdict.PASS
    assert Verdict.UNIMPLEMENTED in verdicts.values()
    (summary,) = read_summaries(tmp_path / "reports" / FILE)
    assert (summary.name, summary.engine) == ("mine", "fake 0.1.0")
