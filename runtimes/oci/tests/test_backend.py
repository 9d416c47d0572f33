"""The description that `runtimes backends` shows, and what it promises."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.backend import Kind
from runtimes.core.capability import RPC_CAPABILITY, Capability
from runtimes.core.configure import fill
from runtimes.core.cri.unimplemented import UnimplementedService
from runtimes.oci import OciOptions, backend
from runtimes.oci.service import OciService

if TYPE_CHECKING:
    from runtimes.oci.tests.pods import Pods


def test_it_is_the_cri_backend_oci() -> None:
    assert (backend.name, backend.kind) == ("oci", Kind.CRI)
    assert backend.options is OciOptions


def test_every_claimed_rpc_is_implemented_and_no_other() -> None:
    for rpc, capability in RPC_CAPABILITY.items():
        method = "".join(f"_{char.lower()}" if char.isupper() else char for char in rpc)[1:]
        if rpc in {"Exec", "Attach", "PortForward"}:  # sessions here, no URLs
            method = f"open_{method}"
            assert hasattr(OciService, method)
            continue
        own = getattr(OciService, method) is not getattr(UnimplementedService, method)
        if capability is not Capability.LIST_STREAMS:
            assert own is (capability in backend.capabilities), rpc


def test_unclaimed_rpcs_are_refused(pods: Pods) -> None:
    from runtimes.core.cri.v1 import api_pb2 as cri

    with pytest.raises(errors.Unimplemented, match="backend 'oci' does not implement Exec"):
        pods.service.exec(cri.ExecRequest())  # it opens sessions, and has no URLs to give
    with pytest.raises(errors.Unimplemented):
        pods.service.checkpoint_container("c", "/nowhere", 1)


def test_a_probe_names_what_it_found() -> None:
    probe = backend.probe()

    if os.geteuid() != 0:
        assert "root" in probe.reason
    elif probe.usable:
        assert probe.reason.startswith(("crun", "runc"))
    else:
        assert probe.remedy


def test_without_root_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    probe = backend.probe()

    assert not probe.usable
    assert "root only" in probe.reason
    assert "sudo" in probe.remedy
    with pytest.raises(errors.BackendUnavailable, match="root only"):
        backend.open()


def test_a_runtime_that_is_not_there_is_named() -> None:
    if os.geteuid() != 0:
        pytest.skip("root is missing")

    probe = backend.probe(OciOptions(runtime="/no/such/runtime"))

    assert not probe.usable
    assert "/no/such/runtime" in probe.reason
    assert "crun" in probe.remedy


def test_foreign_options_are_refused() -> None:
    assert not backend.probe(object()).usable
    with pytest.raises(errors.BackendUnavailable, match="OciOptions"):
        backend.open(object())


def test_options_are_filled_from_words() -> None:
    options = fill(
        OciOptions,
        {"root": "/srv/x", "monitor": "python", "shm-bytes": "1024", "subnet": "10.9.0.0/24"},
    )

    assert options.resolved_root() == Path("/srv/x")
    assert (options.monitor, options.shm_bytes, options.subnet) == ("python", 1024, "10.9.0.0/24")


def test_places_follow_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/home/me/data")
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/1000")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert OciOptions().resolved_root() == Path("/home/me/data/runtimes/oci")
    assert OciOptions().resolved_run_root() == Path("/run/user/1000/runtimes/oci")

    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert OciOptions().resolved_root() == Path("/var/lib/runtimes/oci")
    assert OciOptions().resolved_run_root() == Path("/run/runtimes/oci")


@pytest.mark.needs_root
@pytest.mark.needs_oci
def test_the_service_tells_its_version_and_conditions(pods: Pods) -> None:
    version = pods.service.version()
    status = pods.service.status(verbose=True)

    assert version.runtime_name == "crun"
    assert version.runtime_version[0].isdigit()
    assert version.runtime_api_version == "v1"
    assert [(each.type, each.status) for each in status.status.conditions] == [
        ("RuntimeReady", True),
        ("NetworkReady", True),
    ]
    assert {handler.name for handler in status.runtime_handlers} == {"", "crun"}
    assert "conmon" in status.info["config"]
    assert pods.service.runtime_config().linux.cgroup_driver == 1


def test_importing_and_opening_needs_neither_grpc_nor_docker() -> None:
    import subprocess
    import sys

    script = (
        "import sys, runtimes.oci.service, runtimes.oci.sandbox.run, runtimes.oci.container.create;"
        "print([m for m in ('grpc', 'docker', 'pyroute2', 'requests') if m in sys.modules])"
    )

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)

    assert loaded.stdout.strip() == b"[]"


def test_what_it_lacks_is_told_once_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)

    with pytest.raises(errors.BackendUnavailable) as raised:
        backend.open(OciOptions(runtime="no-such-runtime"))

    assert str(raised.value) == (
        "open backend 'oci': 'no-such-runtime' is not installed; install the package crun; "
        "apt-get install crun conmon"
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (OciOptions(subnet="10.0.0.0/33"), "10.0.0.0/33"),
        (OciOptions(bridge="a-name-that-is-far-too-long"), "a-name-that-is-far-too-long"),
        (OciOptions(monitor="foo"), "auto, conmon, python"),
    ],
)
def test_options_that_cannot_work_are_noticed_at_once(options: OciOptions, said: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("root is missing")

    probe = backend.probe(options)

    assert not probe.usable
    assert said in probe.reason
    with pytest.raises(errors.BackendUnavailable, match="correct that option"):
        backend.open(options)
