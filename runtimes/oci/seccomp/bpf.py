"""Turn `linux.seccomp` into the kernel's filter program with libseccomp, as crun itself does.

Source: seccomp_init(3), seccomp_rule_add(3), seccomp_export_bpf(3); crun's seccomp.c, which also
takes several conditions on one argument as alternatives.
"""

from __future__ import annotations

import os
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    import ctypes
    from collections.abc import Iterator

    from runtimes.oci.spec.schema import Seccomp, SyscallArg, SyscallRule

EPERM = 1
UNKNOWN_SYSCALL = -1
EEXIST = 17
_BASE = {
    "KILL": 0x00000000,
    "KILL_THREAD": 0x00000000,
    "KILL_PROCESS": 0x80000000,
    "TRAP": 0x00030000,
    "ERRNO": 0x00050000,
    "TRACE": 0x7FF00000,
    "LOG": 0x7FFC0000,
    "ALLOW": 0x7FFF0000,
}
_WITH_DATA = ("ERRNO", "TRACE")
_OPERATOR = {"NE": 1, "LT": 2, "LE": 3, "EQ": 4, "GE": 5, "GT": 6, "MASKED_EQ": 7}


class Unsupported(errors.Error):
    """The filter can't be compiled here; `linux.seccomp` itself still can be used."""


@cache
def _library() -> ctypes.CDLL:
    import ctypes

    try:
        library = ctypes.CDLL("libseccomp.so.2")
    except OSError as error:
        raise Unsupported(f"load libseccomp: {error}") from error
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_init.argtypes = [ctypes.c_uint32]
    library.seccomp_release.restype = None
    library.seccomp_release.argtypes = [ctypes.c_void_p]
    library.seccomp_arch_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    library.seccomp_arch_resolve_name.restype = ctypes.c_uint32
    library.seccomp_rule_add_array.argtypes = [
        ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.c_void_p
    ]  # fmt: skip
    library.seccomp_export_bpf.argtypes = [ctypes.c_void_p, ctypes.c_int]
    return library


@cache
def libseccomp_version() -> tuple[int, ...] | None:
    """The version of the host's libseccomp; None where it isn't installed."""
    import ctypes

    try:
        library = _library()
    except Unsupported:
        return None
    library.seccomp_version.restype = ctypes.POINTER(ctypes.c_uint * 3)
    return tuple(library.seccomp_version().contents)


def compile_bpf(seccomp: Seccomp) -> bytes:
    """Compile to an array of ``struct sock_filter`` (8 bytes each, host's byte order).

    Names that the host's libseccomp doesn't know are left out, as crun leaves them out.

    Raises:
        Unsupported: no libseccomp, or it or this function can't express the profile.
    """
    library = _library()
    default = _action(seccomp["defaultAction"], seccomp.get("defaultErrnoRet"))
    context = library.seccomp_init(default)
    if not context:
        raise Unsupported("seccomp_init refused the default action")
    try:
        _add_architectures(library, context, seccomp)
        for rule in seccomp.get("syscalls", []):
            _add_rule(library, context, rule, default)
        return _export(library, context)
    finally:
        library.seccomp_release(context)


def _action(name: str, number: int | None) -> int:
    short = name.removeprefix("SCMP_ACT_")
    if short not in _BASE:
        raise Unsupported(f"{name} needs a listener, which a compiled filter can't carry")
    if short not in _WITH_DATA:
        return _BASE[short]
    return _BASE[short] | ((EPERM if number is None else number) & 0xFFFF)


def _check(result: int, what: str) -> None:
    if result < 0:
        raise Unsupported(f"{what}: {os.strerror(-result)}")


def _add_architectures(library: ctypes.CDLL, context: int, seccomp: Seccomp) -> None:
    for name in seccomp.get("architectures", []):
        short = name.removeprefix("SCMP_ARCH_").lower()
        token = library.seccomp_arch_resolve_name(short.encode())
        if not token:
            raise Unsupported(f"libseccomp doesn't know the architecture {name}")
        result = library.seccomp_arch_add(context, token)
        if result != -EEXIST:
            _check(result, f"add the architecture {name}")


def _add_rule(library: ctypes.CDLL, context: int, rule: SyscallRule, default: int) -> None:
    action = _action(rule["action"], rule.get("errnoRet"))
    if action == default:
        return
    for name in rule["names"]:
        number = library.seccomp_syscall_resolve_name(name.encode())
        if number == UNKNOWN_SYSCALL:
            continue
        for args in _conjunctions(rule.get("args", [])):
            array = _comparisons(args)
            result = library.seccomp_rule_add_array(context, action, number, len(args), array)
            _check(result, f"add a rule for {name}")


def _conjunctions(args: list[SyscallArg]) -> Iterator[list[SyscallArg]]:
    if not args or max(Counter(arg["index"] for arg in args).values()) == 1:
        yield args
        return
    yield from ([arg] for arg in args)


@cache
def _comparison_type() -> type[ctypes.Structure]:
    import ctypes

    class Comparison(ctypes.Structure):
        _fields_ = (
            ("arg", ctypes.c_uint),
            ("op", ctypes.c_int),
            ("datum_a", ctypes.c_uint64),
            ("datum_b", ctypes.c_uint64),
        )

    return Comparison


def _comparisons(args: list[SyscallArg]) -> ctypes.Array[ctypes.Structure] | None:
    if not args:
        return None
    comparison = _comparison_type()
    rows = [
        comparison(
            arg["index"],
            _OPERATOR[arg["op"].removeprefix("SCMP_CMP_")],
            arg["value"],
            arg.get("valueTwo", 0),
        )
        for arg in args
    ]
    return (comparison * len(rows))(*rows)


def _export(library: ctypes.CDLL, context: int) -> bytes:
    descriptor = os.memfd_create("seccomp-bpf", os.MFD_CLOEXEC)
    try:
        _check(library.seccomp_export_bpf(context, descriptor), "export the filter")
        size = os.fstat(descriptor).st_size
        return os.pread(descriptor, size, 0)
    finally:
        os.close(descriptor)
