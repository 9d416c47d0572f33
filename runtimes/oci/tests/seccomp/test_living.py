"""What the kernel answers in real containers: the same whether compiled by us, crun or runc."""

from __future__ import annotations

import errno
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.host import programs
from runtimes.oci.seccomp import bpf
from runtimes.oci.spec import process
from runtimes.oci.tests.spec_containers import Containers, program, shell

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]

DEFAULT = cri.SecurityProfile(profile_type=cri.SecurityProfile.RuntimeDefault)
UNCONFINED = cri.SecurityProfile(profile_type=cri.SecurityProfile.Unconfined)
BASE_PREFIX = str(Path(sys.base_prefix).resolve())
ASK = """
import ctypes, json, os, sys
libc = ctypes.CDLL(None, use_errno=True)
me = os.getpid()
def ask(number, *arguments):
    ctypes.set_errno(0)
    result = libc.syscall(number, *map(ctypes.c_long, arguments))
    if os.getpid() != me:
        os._exit(0)
    return 0 if result >= 0 else ctypes.get_errno()
print(json.dumps({name: ask(*call) for name, call in json.loads(sys.argv[1]).items()}))
"""
NOWHERE = -1
CALLS: dict[str, tuple[str | int, ...]] = {
    "getpid": ("getpid",),
    "unshare nothing": ("unshare", 0),
    "setns": ("setns", NOWHERE, 0),
    "mount": ("mount", 0, 0, 0, 0, 0),
    "keyctl": ("keyctl", NOWHERE),
    "io_uring_setup": ("io_uring_setup", 0, 0),
    "pivot_root": ("pivot_root", 0, 0),
    "clone with a user namespace": ("clone", 0x10000000 | 17, 0, 0, 0, 0),
    "clone3": ("clone3", 0, 0),
    "personality asked": ("personality", 0xFFFFFFFF),
    "personality changed": ("personality", 0x0040000),
    "socket unix": ("socket", 1, 1, 0),
    "socket crypto": ("socket", 38, 5, 0),
    "socket hypervisor": ("socket", 40, 1, 0),
    "unheard of": (1234,),
}
CONFINED = {
    "getpid": 0,
    "unshare nothing": errno.EPERM,
    "setns": errno.EPERM,
    "mount": errno.EPERM,
    "keyctl": errno.EPERM,
    "io_uring_setup": errno.EPERM,
    "pivot_root": errno.EPERM,
    "clone with a user namespace": errno.EPERM,
    "clone3": errno.ENOSYS,
    "personality asked": 0,
    "personality changed": errno.ENOSYS,
    "socket unix": 0,
    "socket crypto": errno.EPERM,
    "socket hypervisor": errno.EPERM,
    "unheard of": errno.ENOSYS,
}


@contextmanager
def _open(runtime: str, folder: Path) -> Iterator[Containers]:
    complain = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    if programs.find(runtime) is None:
        complain(f"{runtime} is not installed")
    if bpf.libseccomp_version() is None:
        complain("libseccomp.so.2 is not installed")
    with Containers(runtime, folder) as made:
        yield made


@pytest.fixture
def crun(tmp_path: Path) -> Iterator[Containers]:
    with _open("crun", tmp_path) as made:
        yield made


@pytest.fixture(params=[("crun", True), ("crun", False), ("runc", False)], ids=str)
def choice(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Containers, bool]]:
    """A runtime, and whether it gets the compiled program."""
    runtime, compiled = request.param
    with _open(runtime, tmp_path) as made:
        yield made, compiled


def _number(name: str | int) -> int:
    if isinstance(name, int):
        return name
    return int(bpf._library().seccomp_syscall_resolve_name(name.encode()))


def _asking(**security: object) -> cri.ContainerConfig:
    """This Python in the container, with the host's libraries, making each of the calls."""
    calls = {name: (_number(call[0]), *call[1:]) for name, call in CALLS.items()}
    python = str(Path(sys.executable).resolve())
    config = program((python, "-I", "-S", "-c", ASK, json.dumps(calls)), **security)
    for path in ("/usr", "/lib", "/lib64", BASE_PREFIX):
        if Path(path).exists() and not (path == BASE_PREFIX and path.startswith("/usr")):
            config.mounts.add(container_path=path, host_path=path, readonly=True)
    config.envs.add(key="LD_LIBRARY_PATH", value=f"{BASE_PREFIX}/lib".encode())
    return config


def test_the_default_profile_answers_as_it_says(choice: tuple[Containers, bool]) -> None:
    containers, compiled = choice

    done = containers.run(_asking(seccomp=DEFAULT), compiled=compiled)

    assert json.loads(done.out or done.err) == CONFINED


def test_a_capability_opens_its_calls(choice: tuple[Containers, bool]) -> None:
    containers, compiled = choice
    admin = cri.Capability(add_capabilities=["SYS_ADMIN"])

    done = containers.run(_asking(seccomp=DEFAULT, capabilities=admin), compiled=compiled)

    opened = {"unshare nothing": 0, "setns": errno.EBADF, "mount": errno.EFAULT}
    answers = json.loads(done.out or done.err)
    assert {name: answers[name] for name in opened} == opened
    assert answers["keyctl"] == errno.EPERM


def test_unconfined_answers_as_the_kernel_does(choice: tuple[Containers, bool]) -> None:
    containers, compiled = choice

    done = containers.run(_asking(seccomp=UNCONFINED), compiled=compiled)

    answers = json.loads(done.out or done.err)
    assert answers["unshare nothing"] == 0
    assert answers["keyctl"] != errno.EPERM


@pytest.mark.parametrize(
    ("security", "mode"),
    [
        ({"seccomp": DEFAULT}, "2"),
        ({"seccomp": UNCONFINED}, "0"),
        ({"seccomp": DEFAULT, "privileged": True}, "0"),
        ({"seccomp_profile_path": "runtime/default"}, "2"),
        ({}, "0"),
    ],
)
def test_the_mode_of_the_process(
    choice: tuple[Containers, bool], security: dict[str, object], mode: str
) -> None:
    containers, compiled = choice

    done = containers.run(shell("grep Seccomp: /proc/self/status", **security), compiled=compiled)

    assert done.out.split() == ["Seccomp:", mode]


def test_there_is_one_filter_and_it_refuses_new_namespaces(
    choice: tuple[Containers, bool],
) -> None:
    containers, compiled = choice
    script = "grep Seccomp_filters: /proc/self/status; unshare -m true || mount -t tmpfs x /tmp"

    done = containers.run(shell(script, seccomp=DEFAULT), compiled=compiled)

    assert done.out.split()[-1] == "1"
    assert "Operation not permitted" in done.err


def test_an_execution_is_filtered_like_its_container(choice: tuple[Containers, bool]) -> None:
    containers, compiled = choice
    with containers.running(shell("sleep 60", seccomp=DEFAULT), compiled=compiled) as (name, spec):
        command = ["/bin/sh", "-c", "grep Seccomp: /proc/self/status; unshare -m true"]

        done = containers.execute(name, process.exec_process(spec, command, tty=False))

    assert done.out.split() == ["Seccomp:", "2"]
    assert "Operation not permitted" in done.err


def test_a_localhost_profile_is_applied(choice: tuple[Containers, bool], tmp_path: Path) -> None:
    containers, compiled = choice
    file = tmp_path / "no-mkdir.json"
    rule = {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": errno.EXDEV}
    file.write_text(json.dumps({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}))
    mine = cri.SecurityProfile(profile_type=cri.SecurityProfile.Localhost, localhost_ref=str(file))

    done = containers.run(shell("mkdir /tmp/x; unshare -m true", seccomp=mine), compiled=compiled)

    assert "Invalid cross-device link" in done.err


def test_our_program_is_the_one_that_crun_compiles(crun: Containers) -> None:
    programs_kept = []
    for compiled in (True, False):
        with crun.running(shell("sleep 60", seccomp=DEFAULT), compiled=compiled) as (name, spec):
            assert ("run.oci.seccomp_bpf_data" in spec["annotations"]) is compiled
            programs_kept.append((crun.folder / "state" / name / "seccomp.bpf").read_bytes())

    assert programs_kept[0] == programs_kept[1]
    assert len(programs_kept[0]) > 1000


def test_a_program_that_the_kernel_refuses_starts_no_container(crun: Containers) -> None:
    """So damage between compiling and loading never leaves a container unconfined."""
    request = crun.request(shell("echo ran", seccomp=DEFAULT))
    folder, spec = crun.bundle(request)
    spec["annotations"]["run.oci.seccomp_bpf_data"] = "AAAAAAAAAAA="
    (Path(folder) / "config.json").write_text(json.dumps(spec))

    done = crun.call("run", "--bundle", folder, request.container_id)

    assert done.code != 0
    assert "ran" not in done.out
