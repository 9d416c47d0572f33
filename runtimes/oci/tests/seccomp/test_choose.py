"""Which profile a security context means, and how a runtime receives it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.host.programs import Program
from runtimes.oci.seccomp import bpf, cache, choose
from runtimes.oci.seccomp.profile import Target, fit
from runtimes.oci.seccomp.table import default_profile

if TYPE_CHECKING:
    from collections.abc import Iterator

DEFAULT, UNCONFINED, LOCALHOST = (
    cri.SecurityProfile.RuntimeDefault,
    cri.SecurityProfile.Unconfined,
    cri.SecurityProfile.Localhost,
)
TARGET = Target(frozenset(), "x86_64", (6, 1))
CRUN = Program(Path("/usr/bin/crun"), (1, 8, 1), frozenset({"SECCOMP"}))

needs_libseccomp = pytest.mark.skipif(
    bpf.libseccomp_version() is None, reason="libseccomp.so.2 is not installed"
)


@pytest.fixture(autouse=True)
def nothing_compiled_yet() -> Iterator[None]:
    before = dict(cache._kept)
    cache._kept.clear()
    yield
    cache._kept.clear()
    cache._kept.update(before)


def _context(
    kind: cri.SecurityProfile.ProfileType.ValueType | None = None,
    ref: str = "",
    path: str = "",
    *,
    privileged: bool = False,
) -> cri.LinuxContainerSecurityContext:
    context = cri.LinuxContainerSecurityContext(seccomp_profile_path=path, privileged=privileged)
    if kind is not None:
        context.seccomp.CopyFrom(cri.SecurityProfile(profile_type=kind, localhost_ref=ref))
    return context


@pytest.mark.parametrize(
    "context",
    [
        _context(DEFAULT),
        _context(path="runtime/default"),
        _context(path="docker/default"),
        _context(DEFAULT, path="unconfined"),
    ],
)
def test_the_default_profile_is_meant(context: cri.LinuxContainerSecurityContext) -> None:
    assert choose.choose(context) is default_profile()


@pytest.mark.parametrize(
    "context",
    [
        _context(),
        _context(UNCONFINED),
        _context(path="unconfined"),
        _context(UNCONFINED, path="runtime/default"),
        _context(DEFAULT, privileged=True),
        _context(LOCALHOST, "/absent", privileged=True),
    ],
)
def test_no_profile_is_meant(context: cri.LinuxContainerSecurityContext) -> None:
    assert choose.choose(context) is None


def test_a_localhost_profile_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_text('{"defaultAction": "SCMP_ACT_LOG"}')

    for context in (
        _context(LOCALHOST, str(file)),
        _context(LOCALHOST, f"localhost/{file}"),
        _context(path=f"localhost/{file}"),
    ):
        profile = choose.choose(context)
        assert profile is not None
        assert profile.default_action == "SCMP_ACT_LOG"


@pytest.mark.parametrize(
    ("context", "message"),
    [
        (_context(LOCALHOST, "profiles/p.json"), "must give its absolute path"),
        (_context(LOCALHOST, "/absent/p.json"), "No such file"),
        (_context(LOCALHOST), "must give its absolute path"),
        (_context(path="default"), "is none of runtime/default"),
    ],
)
def test_what_can_not_be_meant_is_refused(
    context: cri.LinuxContainerSecurityContext, message: str
) -> None:
    with pytest.raises(errors.InvalidArgument, match=message):
        choose.choose(context)


@pytest.mark.parametrize(
    "runtime",
    [
        None,
        Program(Path("/usr/sbin/runc"), (1, 1, 5), frozenset({"SECCOMP"})),
        Program(Path("/usr/bin/crun"), (1, 8, 1), frozenset()),
        Program(Path("/usr/bin/crun"), (0, 9), frozenset({"SECCOMP"})),
        Program(Path("/usr/bin/crun"), (2, 0), frozenset({"SECCOMP"})),
        Program(Path("/usr/bin/crun"), (), frozenset({"SECCOMP"})),
    ],
)
def test_runtimes_that_are_not_known_to_load_programs_get_rules_alone(
    runtime: Program | None,
) -> None:
    assert choose.filter_for(default_profile(), TARGET, runtime, None).bpf is None


@needs_libseccomp
def test_crun_gets_the_program_and_the_rules_both() -> None:
    found = choose.filter_for(default_profile(), TARGET, CRUN, None)

    assert found.rules == fit(default_profile(), TARGET)
    assert found.bpf is not None
    assert len(base64.b64decode(found.bpf)) % 8 == 0


@needs_libseccomp
def test_a_profile_that_can_not_be_compiled_goes_as_rules_alone(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    file.write_text('{"defaultAction": "SCMP_ACT_NOTIFY"}')
    profile = choose.choose(_context(LOCALHOST, str(file)))
    assert profile is not None

    assert choose.filter_for(profile, TARGET, CRUN, None).bpf is None


@needs_libseccomp
def test_a_filter_is_compiled_once_per_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = fit(default_profile(), TARGET)
    first = cache.compiled(rules, tmp_path / "new")
    cache._kept.clear()
    monkeypatch.setattr(cache, "compile_bpf", _never)

    assert cache.compiled(rules, tmp_path / "new") == first
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700


def _never(rules: object) -> bytes:
    raise AssertionError("compiled again")


@needs_libseccomp
@pytest.mark.parametrize("damage", [b"", b"x" * 40, b"x" * 33])
def test_a_damaged_filter_on_disk_is_compiled_again(tmp_path: Path, damage: bytes) -> None:
    rules = fit(default_profile(), TARGET)
    first = cache.compiled(rules, tmp_path)
    (file,) = tmp_path.glob("*.bpf")
    file.write_bytes(damage)
    cache._kept.clear()

    assert cache.compiled(rules, tmp_path) == first
    assert file.read_bytes().endswith(first)


@needs_libseccomp
def test_a_half_written_filter_on_disk_is_compiled_again(tmp_path: Path) -> None:
    rules = fit(default_profile(), TARGET)
    first = cache.compiled(rules, tmp_path)
    (file,) = tmp_path.glob("*.bpf")
    file.write_bytes(file.read_bytes()[:-80])
    cache._kept.clear()

    assert cache.compiled(rules, tmp_path) == first


@needs_libseccomp
def test_different_capabilities_never_share_a_filter(tmp_path: Path) -> None:
    plain = cache.compiled(fit(default_profile(), TARGET), tmp_path)
    admin = Target(frozenset({"CAP_SYS_ADMIN"}), "x86_64", (6, 1))

    assert cache.compiled(fit(default_profile(), admin), tmp_path) != plain
    assert len(list(tmp_path.glob("*.bpf"))) == 2


@needs_libseccomp
def test_an_unwritable_folder_does_not_matter() -> None:
    assert cache.compiled(fit(default_profile(), TARGET), Path("/proc/nowhere"))


@needs_libseccomp
def test_names_that_libseccomp_does_not_know_are_left_out() -> None:
    program = bpf.compile_bpf(
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [{"names": ["not_a_call", "mkdir"], "action": "SCMP_ACT_ERRNO"}],
        }
    )

    assert len(program) > 8


@needs_libseccomp
def test_an_unknown_architecture_is_unsupported() -> None:
    with pytest.raises(bpf.Unsupported, match="SCMP_ARCH_PDP11"):
        bpf.compile_bpf({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_PDP11"]})
