"""Versions and features out of what programs print about themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtimes.core import errors
from runtimes.oci.host import programs

CRUN = """\
crun version 1.8.1
commit: f8a096be060b22ccd3d5f3ebe44108517fbf6c30
rundir: /run/crun
spec: 1.0.0
+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF +YAJL
"""
RUNC = """\
runc version 1.1.5+ds1
commit: 1.1.5+ds1-1+deb12u1
spec: 1.0.2-dev
go: go1.19.8
libseccomp: 2.5.4
"""


def test_crun_tells_version_and_features() -> None:
    found = programs.parse(Path("/usr/bin/crun"), CRUN)

    assert (found.name, found.version) == ("crun", (1, 8, 1))
    assert "SECCOMP" in found.features
    assert str(found) == "crun 1.8.1"


def test_runc_tells_its_libseccomp() -> None:
    found = programs.parse(Path("/usr/sbin/runc"), RUNC)

    assert found.version == (1, 1, 5)
    assert found.libseccomp == "2.5.4"


def test_an_answer_without_a_version_leaves_none() -> None:
    assert str(programs.parse(Path("/x/crun"), "segfault")) == "crun of unknown version"


def _program(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\necho asked >> {path}.log\necho '{text}'\n")
    path.chmod(0o755)
    return path


def _asked(path: Path) -> int:
    return Path(f"{path}.log").read_text().count("asked")


def test_a_program_is_asked_once_per_installation(tmp_path: Path) -> None:
    path, cache = _program(tmp_path / "crun", "crun version 1.2"), tmp_path / "cache"

    first = programs.describe(path, cache)
    programs._describe.cache_clear()
    again = programs.describe(path, cache)

    assert first == again
    assert first.version == (1, 2)
    assert _asked(path) == 1


def test_another_installation_is_asked_again(tmp_path: Path) -> None:
    path, cache = _program(tmp_path / "crun", "crun version 1.2"), tmp_path / "cache"
    programs.describe(path, cache)

    _program(path, "crun version 1.2.10")

    assert programs.describe(path, cache).version == (1, 2, 10)


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"path": 1}'])
def test_a_damaged_cache_is_as_good_as_none(tmp_path: Path, damage: str) -> None:
    path, cache = _program(tmp_path / "crun", "crun version 1.2"), tmp_path / "cache"
    programs.describe(path, cache)
    programs._describe.cache_clear()
    (cache / "crun.version.json").write_text(damage)

    assert programs.describe(path, cache).version == (1, 2)


def test_an_unwritable_cache_does_not_matter(tmp_path: Path) -> None:
    path = _program(tmp_path / "crun", "crun version 1.2")

    assert programs.describe(path, Path("/proc/nowhere")).version == (1, 2)


def test_a_missing_program_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(errors.Unavailable, match="is it installed"):
        programs.describe(tmp_path / "crun")


def test_a_program_that_can_not_run_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "crun").write_text("not a program")
    (tmp_path / "crun").chmod(0o755)

    with pytest.raises(errors.Unavailable, match="reinstall"):
        programs.describe(tmp_path / "crun")


def test_programs_outside_a_short_path_are_found_too() -> None:
    assert programs.find("sh", "/nowhere") is not None
    assert programs.find("no-such-program-here") is None
