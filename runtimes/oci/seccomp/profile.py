"""A seccomp profile as this backend reads it, before it is fitted to a host and a container."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from runtimes.oci.spec.schema import Seccomp, SyscallRule

ALLOW = "SCMP_ACT_ALLOW"
ERRNO = "SCMP_ACT_ERRNO"
NOTIFY = "SCMP_ACT_NOTIFY"


@dataclass(frozen=True, slots=True)
class Arg:
    """One condition on one argument, e.g. ``(0, "SCMP_CMP_EQ", 8)``; `second` is for MASKED_EQ."""

    index: int
    op: str
    value: int
    second: int = 0


@dataclass(frozen=True, slots=True)
class Condition:
    """Capabilities, architectures (as Go names them, e.g. ``amd64``) and a kernel version.

    As what a rule `needs`, every non-empty field must match, with *all* of the capabilities; as
    what it is not for, `unless`, one matching field, with *any* of the capabilities, is enough.

    Source: moby profiles/seccomp, setupSeccomp.
    """

    caps: frozenset[str] = frozenset()
    arches: frozenset[str] = frozenset()
    min_kernel: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to some system calls; all of `args` must hold.

    Attributes:
        errno: what the call fails with; None leaves it to the runtime (EPERM).
    """

    names: tuple[str, ...]
    action: str = ALLOW
    errno: int | None = None
    args: tuple[Arg, ...] = ()
    needs: Condition = field(default_factory=Condition)
    unless: Condition = field(default_factory=Condition)


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole profile.

    Attributes:
        arch_map: native architecture -> the ones it can also run, all as ``SCMP_ARCH_*``.
        architectures: fixed list, used where `arch_map` is empty.
        extra: OCI fields passed on as they are (flags, listenerPath, listenerMetadata).
    """

    default_action: str
    default_errno: int | None
    rules: tuple[Rule, ...]
    arch_map: tuple[tuple[str, tuple[str, ...]], ...] = ()
    architectures: tuple[str, ...] = ()
    extra: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Target:
    """What a profile is fitted to.

    Attributes:
        capabilities: the container's bounding set.
        machine: as uname(2) names it, e.g. ``x86_64``.
        kernel: e.g. ``(6, 18)``.
    """

    capabilities: frozenset[str]
    machine: str
    kernel: tuple[int, int]


GO_ARCH = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "i686": "x86",
    "i386": "x86",
    "armv7l": "arm",
    "armv6l": "arm",
    "ppc64le": "ppc64le",
    "s390x": "s390x",
    "riscv64": "riscv64",
    "mips64": "mips64",
    "loongarch64": "loong64",
}
SCMP_ARCH = {
    "x86_64": "SCMP_ARCH_X86_64",
    "aarch64": "SCMP_ARCH_AARCH64",
    "i686": "SCMP_ARCH_X86",
    "i386": "SCMP_ARCH_X86",
    "armv7l": "SCMP_ARCH_ARM",
    "armv6l": "SCMP_ARCH_ARM",
    "ppc64le": "SCMP_ARCH_PPC64LE",
    "s390x": "SCMP_ARCH_S390X",
    "riscv64": "SCMP_ARCH_RISCV64",
    "mips64": "SCMP_ARCH_MIPS64",
}


def fit(profile: Profile, target: Target) -> Seccomp:
    """Leave the rules that are in force for `target`, as OCI's ``linux.seccomp``."""
    fitted: Seccomp = {"defaultAction": profile.default_action}
    if profile.default_errno is not None:
        fitted["defaultErrnoRet"] = profile.default_errno
    architectures = _architectures(profile, target.machine)
    if architectures:
        fitted["architectures"] = architectures
    fitted["syscalls"] = [_syscall(rule) for rule in profile.rules if _in_force(rule, target)]
    return cast("Seccomp", {**fitted, **dict(profile.extra)})


def _architectures(profile: Profile, machine: str) -> list[str]:
    if not profile.arch_map:
        return list(profile.architectures)
    native = SCMP_ARCH.get(machine)
    return [] if native is None else [native, *dict(profile.arch_map).get(native, ())]


def _in_force(rule: Rule, target: Target) -> bool:
    arch, caps = GO_ARCH.get(target.machine, target.machine), target.capabilities
    needs, unless = rule.needs, rule.unless
    return (
        needs.caps <= caps
        and (not needs.arches or arch in needs.arches)
        and (needs.min_kernel is None or target.kernel >= needs.min_kernel)
        and not unless.caps & caps
        and arch not in unless.arches
        and (unless.min_kernel is None or target.kernel < unless.min_kernel)
    )


def _syscall(rule: Rule) -> SyscallRule:
    written: SyscallRule = {"names": list(rule.names), "action": rule.action}
    if rule.errno is not None:
        written["errnoRet"] = rule.errno
    if rule.args:
        written["args"] = [
            {"index": arg.index, "value": arg.value, "valueTwo": arg.second, "op": arg.op}
            for arg in rule.args
        ]
    return written
