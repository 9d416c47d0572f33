"""`runtimes plugin new`: a project that is complete, typed and passes its static contract."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.scaffold import project
from runtimes.contract.tests.contract_command import CHECKOUT, EXAMPLE, contract, pip_install
from runtimes.core import errors
from runtimes.core.backend import Kind
from runtimes.core.discovery import installed

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(360)  # commands in processes of their own, on a busy host
PAGE = CHECKOUT / "docs/write-a-backend.md"
FILE_OF_PAGE = re.compile(r"^```python\n# (\S+\.py)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("kind", list(Kind))
def test_a_new_plugin_installs_and_passes_its_static_contract_at_once(
    kind: Kind, tmp_path: Path
) -> None:
    made = contract("plugin", "new", "my-own", "--kind", kind, cwd=tmp_path)
    pip_install(tmp_path / "runtimes-my-own", tmp_path / "site")

    done = contract(
        "contract", "run", "-b", "my-own", "--static", cwd=tmp_path, site=tmp_path / "site"
    )

    assert "service.py" in made.stdout
    assert done.returncode == 0, done.stdout + done.stderr
    assert "my-own holds what can be told without an engine." in done.stdout


@pytest.mark.parametrize("kind", list(Kind))
def test_a_new_plugin_is_well_typed_and_formed(kind: Kind, tmp_path: Path) -> None:
    contract("plugin", "new", "my-own", "--kind", kind, cwd=tmp_path)
    folder = tmp_path / "runtimes-my-own"
    cache = ("--cache-dir", str(tmp_path.parent / "mypy"))

    for words in (
        ("mypy", *cache, "--strict", "-p", "runtimes_my_own"),
        ("ruff", "check", "--no-cache"),
        ("ruff", "format", "--check", "--no-cache"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{CHECKOUT}"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stdout + done.stderr
    assert tomllib.loads((folder / "pyproject.toml").read_text())["project"]["name"]


def test_a_new_plugins_first_call_passes_before_the_others_are_written(tmp_path: Path) -> None:
    contract("plugin", "new", "my-own", cwd=tmp_path)
    pip_install(tmp_path / "runtimes-my-own", tmp_path / "site")

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


@pytest.mark.parametrize("name", ["", "Upper", "1st", "a--b", "a_b", "../x"])
def test_a_name_that_cannot_be_typed_is_refused(name: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="lower-case letters"):
        project.named(name, Kind.CRI)


def test_a_name_of_our_own_is_refused() -> None:
    folders = {path.parent.name for path in CHECKOUT.glob("runtimes/*/pyproject.toml")}
    every = installed(tuple(Kind))
    backends = {one.name for one in every if one.target.startswith("runtimes.")}
    for name in {folder.replace("_", "-") for folder in folders} | backends | {"auto"}:
        with pytest.raises(errors.InvalidArgument, match="choose another"):
            project.named(name, Kind.CRI)


@pytest.mark.parametrize("name", ["class", "none", "my-own-2", "json"])
def test_a_word_of_python_may_be_a_name(name: str) -> None:
    plugin = project.named(name, Kind.CRI)

    made = project.files(plugin)

    for file in ("backend.py", "service.py"):
        compile(made[f"{plugin.module}/{file}"], file, "exec")


def test_the_page_has_the_very_files_of_the_example_plugin() -> None:
    files = FILE_OF_PAGE.findall(PAGE.read_text())

    assert [path for path, _ in files] == ["runtimes_audit/backend.py", "runtimes_audit/service.py"]
    for path, text in files:
        assert text == (EXAMPLE / path).read_text()


@pytest.mark.timeout(700)
def test_the_page_alone_leads_from_an_empty_project_to_a_conformant_backend(
    tmp_path: Path,
) -> None:
    """Its commands and files, in their order; only `pip install` is another."""
    contract("plugin", "new", "audit", "--kind", "cri", cwd=tmp_path)
    project = tmp_path / "runtimes-audit"
    for path, text in FILE_OF_PAGE.findall(PAGE.read_text()):
        (project / path).write_text(text.replace('over: str = "oci"', 'over: str = "fake"'))
    pip_install(project, tmp_path / "site")

    static, core = (
        contract(*words.split(), cwd=tmp_path, site=tmp_path / "site", timeout=600)
        for words in (
            "contract run -b audit --static",
            "contract run -b audit --profile cri --level core --option file=audit.jsonl",
        )
    )

    assert static.returncode == 0, static.stdout
    assert core.returncode == 0, core.stdout + core.stderr
    assert "audit 0.1.0 is conformant" in core.stdout
    assert (tmp_path / "audit.jsonl").read_text().count("run_pod_sandbox") > 10
