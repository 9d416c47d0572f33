"""`runtimes plugin new`: a project that is complete, typed and passes its static contract."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from runtimes.contract.run.gather import PARTS
from runtimes.contract.scaffold import project
from runtimes.contract.tests.conftest import uninstall_bridge
from runtimes.contract.tests.contract_command import CHECKOUT, contract
from runtimes.core import errors
from runtimes.core.backend import Kind

EXAMPLE = CHECKOUT / "examples/plugins/audit"
PAGE = CHECKOUT / "docs/write-a-backend.md"
FILE_OF_PAGE = re.compile(r"^```python\n# (\S+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def install(folder: Path, site: Path) -> None:
    """Install a project as pip does, without looking for its dependencies anywhere."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(
        [*command, "--target", str(site), str(folder)], check=True, env=environment, timeout=60
    )


@pytest.mark.parametrize("kind", list(Kind))
def test_a_new_plugin_installs_and_passes_its_static_contract_at_once(
    kind: Kind, tmp_path: Path
) -> None:
    made = contract("plugin", "new", "my-own", "--kind", kind, cwd=tmp_path)
    install(tmp_path / "runtimes-my-own", tmp_path / "site")

    done = contract(
        "contract", "run", "-b", "my-own", "--static", cwd=tmp_path, site=tmp_path / "site"
    )

    assert "service.py" in made.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    assert "my-own holds what can be told without an engine." in done.stdout


def test_a_new_plugin_is_well_typed_and_formed(tmp_path: Path) -> None:
    contract("plugin", "new", "my-own", cwd=tmp_path)
    folder = tmp_path / "runtimes-my-own"

    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "-p", "runtimes_my_own"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{CHECKOUT}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert checked.returncode == 0, checked.stdout
    assert tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"]


def test_a_new_plugins_first_call_passes_before_the_others_are_written(tmp_path: Path) -> None:
    contract("plugin", "new", "my-own", cwd=tmp_path)
    install(tmp_path / "runtimes-my-own", tmp_path / "site")

    done = contract(
        *("contract", "run", "-b", "my-own", "--test", "cri.runtime.version"),
        cwd=tmp_path,
        site=tmp_path / "site",
    )

    assert done.returncode == 0, done.stdout


def test_nothing_that_exists_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "runtimes-my-own").mkdir()
    (tmp_path / "runtimes-my-own/notes.txt").write_text("mine")

    done = contract("plugin", "new", "my-own", cwd=tmp_path)

    assert done.returncode == 2
    assert "isn't empty" in done.stderr


@pytest.mark.parametrize("name", ["", "Upper", "1st", "a--b", "a_b", "../x", "class"])
def test_a_name_that_cannot_be_typed_is_refused(name: str) -> None:
    with pytest.raises(errors.InvalidArgument):
        project.named(name, Kind.CRI)


@pytest.mark.needs_root
@pytest.mark.needs_oci
@pytest.mark.timeout(240)
def test_the_example_plugin_is_installed_and_certified(
    tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    reports = Path(pytestconfig.getoption("--runtimes-report") or tmp_path)
    install(EXAMPLE, tmp_path / "site")
    bridge = f"rtx{os.getpid():x}"
    beneath = f"options=root={tmp_path}/oci,run_root={tmp_path}/run,bridge={bridge}"

    done = contract(
        *("contract", "run", "-b", "audit", "--option", "over=oci", "--option", beneath),
        *("--option", f"file={tmp_path}/audit.jsonl", "--level", "core", "--profile", "cri"),
        *("--report", f"json={reports.absolute()}/{PARTS}/audit.json"),
        cwd=tmp_path,
        site=tmp_path / "site",
    )
    uninstall_bridge(tmp_path / "run", bridge)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "audit.jsonl").read_text().count("run_pod_sandbox") > 100


def test_the_page_has_the_very_files_of_the_example_plugin() -> None:
    files = FILE_OF_PAGE.findall(PAGE.read_text())

    assert [path for path, _ in files] == ["runtimes_audit/backend.py", "runtimes_audit/service.py"]
    for path, text in files:
        assert text == (EXAMPLE / path).read_text()


@pytest.mark.timeout(200)
def test_the_page_alone_leads_from_an_empty_project_to_a_conformant_backend(
    tmp_path: Path,
) -> None:
    """Its commands and files, in their order; only `pip install` is another."""
    contract("plugin", "new", "audit", "--kind", "cri", cwd=tmp_path)
    project = tmp_path / "runtimes-audit"
    for path, text in FILE_OF_PAGE.findall(PAGE.read_text()):
        (project / path).write_text(text.replace('over: str = "oci"', 'over: str = "fake"'))
    install(project, tmp_path / "site")

    static, core = (
        contract(*words.split(), cwd=tmp_path, site=tmp_path / "site")
        for words in (
            "contract run -b audit --static",
            "contract run -b audit --profile cri --level core --option file=audit.jsonl",
        )
    )

    assert static.returncode == 0, static.stdout
    assert core.returncode == 0, core.stdout + core.stderr
    assert "audit 0.1.0 is conformant" in core.stdout
    assert (tmp_path / "audit.jsonl").read_text().count("run_pod_sandbox") > 10


def test_the_example_plugins_own_tests_pass(tmp_path: Path) -> None:
    install(EXAMPLE, tmp_path / "site")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", str(EXAMPLE / "tests/test_audit.py")],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{tmp_path}/site{os.pathsep}{CHECKOUT}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stdout
