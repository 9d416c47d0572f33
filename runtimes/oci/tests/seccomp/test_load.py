"""Localhost profiles: both formats, and what is said about broken ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runtimes.core import errors
from runtimes.oci.seccomp import load
from runtimes.oci.seccomp.profile import Target, fit

NOBODY = Target(frozenset(), "x86_64", (6, 1))
DOCKER = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "defaultErrnoRet": 1,
    "archMap": [{"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86"]}],
    "syscalls": [
        {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW"},
        {"name": "old_style", "action": "SCMP_ACT_ALLOW"},
        {
            "names": ["mount"],
            "action": "SCMP_ACT_ALLOW",
            "includes": {"caps": ["CAP_SYS_ADMIN"]},
        },
        {"names": ["ptrace"], "action": "SCMP_ACT_ALLOW", "includes": {"minKernel": "4.8"}},
        {
            "names": ["bpf"],
            "action": "SCMP_ACT_ERRNO",
            "errno": "EACCES",
            "excludes": {"caps": ["CAP_BPF", "CAP_SYS_ADMIN"]},
        },
        {
            "names": ["socket"],
            "action": "SCMP_ACT_ALLOW",
            "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_NE"}],
        },
    ],
}


def _names(profile: dict[str, Any], target: Target = NOBODY) -> set[str]:
    fitted = fit(load.parse(json.dumps(profile).encode(), "p"), target)
    return {name for rule in fitted["syscalls"] for name in rule["names"]}


def test_dockers_format_is_fitted_by_capability_and_kernel() -> None:
    admin = Target(frozenset({"CAP_SYS_ADMIN"}), "x86_64", (4, 4))

    assert _names(DOCKER) == {"read", "write", "old_style", "ptrace", "bpf", "socket"}
    assert _names(DOCKER, admin) == {"read", "write", "old_style", "mount", "socket"}


def test_dockers_format_keeps_errnos_arguments_and_architectures() -> None:
    fitted = fit(load.parse(json.dumps(DOCKER).encode(), "p"), NOBODY)

    assert fitted["architectures"] == ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]
    assert fitted["defaultErrnoRet"] == 1
    rules = {rule["names"][0]: rule for rule in fitted["syscalls"]}
    assert rules["bpf"]["errnoRet"] == 13
    assert rules["socket"]["args"] == [
        {"index": 0, "value": 40, "valueTwo": 0, "op": "SCMP_CMP_NE"}
    ]


def test_ocis_format_passes_as_it_is() -> None:
    oci = {
        "defaultAction": "SCMP_ACT_ALLOW",
        "architectures": ["SCMP_ARCH_X86_64"],
        "flags": ["SECCOMP_FILTER_FLAG_LOG"],
        "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}],
    }

    assert fit(load.parse(json.dumps(oci).encode(), "p"), NOBODY) == oci


def test_a_profile_with_a_default_alone_is_enough() -> None:
    fitted = fit(load.parse(b'{"defaultAction": "SCMP_ACT_LOG"}', "p"), NOBODY)

    assert fitted == {"defaultAction": "SCMP_ACT_LOG", "syscalls": []}


RULE: dict[str, Any] = {"names": ["mkdir"], "action": "SCMP_ACT_ALLOW"}
ARG: dict[str, Any] = {"index": 0, "value": 0, "op": "SCMP_CMP_EQ"}


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ("{", "p: no JSON"),
        ("[]", "p: no JSON object"),
        ({}, "p.defaultAction: None is none of"),
        ({"defaultAction": "ALLOW"}, "p.defaultAction: 'ALLOW'"),
        ({"defaultErrnoRet": -1}, "-1 is no errno"),
        ({"defaultErrno": "ENOTHING"}, "'ENOTHING' is no name of an errno"),
        ({"syscalls": {}}, "p.syscalls: must be a list"),
        ({"syscalls": [7]}, r"p.syscalls\[0\]: must be an object"),
        ({"syscalls": [RULE, {"action": "SCMP_ACT_ALLOW"}]}, r"p.syscalls\[1\]: names no system"),
        ({"syscalls": [{**RULE, "names": [7]}]}, r"p.syscalls\[0\].names: must be a list of st"),
        ({"syscalls": [{**RULE, "action": "NO"}]}, r"p.syscalls\[0\].action: 'NO'"),
        ({"syscalls": [{**RULE, "args": [{**ARG, "index": 6}]}]}, r"args\[0\]: index 6"),
        ({"syscalls": [{**RULE, "args": [{**ARG, "op": "EQ"}]}]}, r"args\[0\]: op 'EQ'"),
        ({"syscalls": [{**RULE, "args": [{**ARG, "value": -1}]}]}, r"args\[0\]: value -1"),
        ({"syscalls": [{**RULE, "includes": []}]}, r"includes: must be an object"),
        ({"syscalls": [{**RULE, "includes": {"minKernel": "new"}}]}, "'new' is no kernel version"),
        ({"flags": [1]}, "p.flags: must be a list of strings"),
        ({"listenerPath": 1}, "p.listenerPath: must be a string"),
        ({"architectures": "x86"}, "p.architectures: must be a list"),
    ],
)
def test_a_broken_profile_is_refused_with_the_place(
    broken: str | dict[str, Any], message: str
) -> None:
    if isinstance(broken, dict) and broken:
        broken = {"defaultAction": "SCMP_ACT_ALLOW", **broken}
    text = broken if isinstance(broken, str) else json.dumps(broken)

    with pytest.raises(errors.InvalidArgument, match=message):
        load.parse(text.encode(), "p")


def test_a_profile_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidArgument, match=r"absent\.json: No such file"):
        load.load(tmp_path / "absent.json")


def test_what_is_no_regular_file_is_not_read() -> None:
    with pytest.raises(errors.InvalidArgument, match="not a regular file"):
        load.load(Path("/dev/zero"))


def test_a_file_of_absurd_size_is_not_parsed(tmp_path: Path) -> None:
    file = tmp_path / "p.json"
    with file.open("wb") as sparse:
        sparse.truncate(load.LARGEST + 1)

    with pytest.raises(errors.InvalidArgument, match="larger than 4 MiB"):
        load.load(file)
