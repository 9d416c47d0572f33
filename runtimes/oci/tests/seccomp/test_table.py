"""The default profile, fitted to hosts and capabilities."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

from runtimes.core.host.capabilities import NAMES
from runtimes.oci.seccomp import table
from runtimes.oci.seccomp.profile import ALLOW, ERRNO, Target, fit

if TYPE_CHECKING:
    from runtimes.oci.spec.schema import Seccomp

KERNEL = (6, 1)


def _fit(*caps: str, machine: str = "x86_64", kernel: tuple[int, int] = KERNEL) -> Seccomp:
    return fit(table.default_profile(), Target(frozenset(caps), machine, kernel))


def _fate(seccomp: Seccomp, name: str) -> set[tuple[str, int | None, bool]]:
    """Action, errno and whether it depends on arguments, of every rule for a call."""
    return {
        (rule["action"], rule.get("errnoRet"), "args" in rule)
        for rule in seccomp["syscalls"]
        if name in rule["names"]
    }


FREE = {(ALLOW, None, False)}
REFUSED = {(ERRNO, errno.EPERM, False)}


@pytest.mark.parametrize("name", ["read", "openat", "execve", "futex", "epoll_pwait2", "rseq"])
def test_ordinary_calls_pass(name: str) -> None:
    assert _fate(_fit(), name) == FREE


@pytest.mark.parametrize(
    "name", ["keyctl", "add_key", "kexec_load", "io_uring_setup", "userfaultfd", "pivot_root"]
)
def test_dangerous_calls_are_refused_even_with_every_capability(name: str) -> None:
    assert _fate(_fit(), name) == _fate(_fit(*NAMES), name) == REFUSED


@pytest.mark.parametrize(
    ("name", "caps"),
    [
        ("mount", {"CAP_SYS_ADMIN"}),
        ("unshare", {"CAP_SYS_ADMIN"}),
        ("setns", {"CAP_SYS_ADMIN"}),
        ("bpf", {"CAP_SYS_ADMIN", "CAP_BPF"}),
        ("perf_event_open", {"CAP_SYS_ADMIN", "CAP_PERFMON"}),
        ("syslog", {"CAP_SYS_ADMIN", "CAP_SYSLOG"}),
        ("chroot", {"CAP_SYS_CHROOT"}),
        ("reboot", {"CAP_SYS_BOOT"}),
        ("init_module", {"CAP_SYS_MODULE"}),
        ("kcmp", {"CAP_SYS_PTRACE"}),
        ("clock_settime", {"CAP_SYS_TIME"}),
        ("mbind", {"CAP_SYS_NICE"}),
        ("open_by_handle_at", {"CAP_DAC_READ_SEARCH"}),
    ],
)
def test_a_capability_opens_its_calls_and_no_other_does(name: str, caps: set[str]) -> None:
    for cap in NAMES:
        assert _fate(_fit(cap), name) == (FREE if cap in caps else REFUSED), cap


def test_ptrace_needs_a_capability_only_on_kernels_where_it_escapes_the_filter() -> None:
    assert _fate(_fit(), "ptrace") == FREE
    assert _fate(_fit(kernel=(4, 7)), "ptrace") == REFUSED
    assert _fate(_fit("CAP_SYS_PTRACE", kernel=(4, 7)), "ptrace") == FREE


def test_clone_makes_no_namespaces_and_clone3_does_not_exist_without_sys_admin() -> None:
    assert _fate(_fit(), "clone") == {(ALLOW, None, True), (ERRNO, errno.EPERM, True)}
    assert _fate(_fit(), "clone3") == set()
    assert _fate(_fit("CAP_SYS_ADMIN"), "clone") == FREE
    assert _fate(_fit("CAP_SYS_ADMIN"), "clone3") == FREE


def test_clone_has_its_flags_in_the_second_argument_on_s390() -> None:
    def positions(machine: str) -> set[int]:
        rules = _fit(machine=machine)["syscalls"]
        return {
            arg["index"]
            for rule in rules
            if rule["names"] == ["clone"]
            for arg in rule.get("args", [])
        }

    assert positions("x86_64") == {0}
    assert positions("s390x") == {1}


def test_unknown_calls_do_not_exist() -> None:
    seccomp = _fit()

    assert (seccomp["defaultAction"], seccomp["defaultErrnoRet"]) == (ERRNO, errno.ENOSYS)


def test_each_architecture_brings_the_ones_it_can_also_run() -> None:
    assert _fit()["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]
    assert _fit(machine="aarch64")["architectures"] == ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"]
    assert _fit(machine="riscv64")["architectures"] == ["SCMP_ARCH_RISCV64"]
    assert "architectures" not in _fit(machine="pdp11")


def test_calls_of_one_architecture_stay_there() -> None:
    assert _fate(_fit(), "arch_prctl") == FREE
    assert _fate(_fit(machine="aarch64"), "arch_prctl") == set()
    assert _fate(_fit(machine="aarch64"), "cacheflush") == FREE


def test_no_call_is_both_allowed_and_refused_without_conditions() -> None:
    for caps in ((), *((cap,) for cap in NAMES), NAMES):
        seccomp = _fit(*caps)
        names = {name for rule in seccomp["syscalls"] for name in rule["names"]}
        clashes = {name for name in names if _fate(seccomp, name) >= FREE | REFUSED}
        assert clashes == set(), caps


def test_no_call_stands_in_two_groups() -> None:
    words = " ".join((*table.ALLOWED.values(), table.REFUSED)).split()

    assert len(words) == len(set(words))
