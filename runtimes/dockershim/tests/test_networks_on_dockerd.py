"""A pod's network by CNI, on a real Engine: attached once, and detached whatever has happened."""

from __future__ import annotations

import json
import os
import shutil
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors, netns
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.dockershim.service import DockershimService
    from runtimes.dockershim.state.record import SandboxRecord
    from runtimes.dockershim.tests.conftest import Node

pytestmark = [pytest.mark.needs_docker, pytest.mark.needs_root]

CONF = """
{"cniVersion": "1.0.0", "name": "n", "type": "logging", "capabilities": {"ipRanges": true}}
"""
PLUGIN = """#!/bin/sh
input=$(cat)
speaks='{{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}}'
[ "$CNI_COMMAND" = VERSION ] && {{ echo "$speaks"; exit; }}
where=; [ -n "$CNI_NETNS" ] && [ ! -e "$CNI_NETNS" ] && where=" no-netns"
for pid in $(cat {folder}/pids); do [ -e /proc/$pid ] && where="$where alive"; done
echo "$CNI_COMMAND $CNI_CONTAINERID$where" >> {folder}/log
ranges='"ipRanges": [[{{"subnet": "10.9.8.0/24"}}]]'
[ "${{input#*"$ranges"}}" != "$input" ] || {{ echo '{{"code":7,"msg":"no IP ranges"}}'; exit 1; }}
while [ -e {folder}/wait-$CNI_COMMAND ]; do sleep 0.05; done
[ -e {folder}/broken-$CNI_COMMAND ] && {{ echo '{{"code":100,"msg":"no luck"}}'; exit 1; }}
lease={folder}/leases/$CNI_CONTAINERID
[ "$CNI_COMMAND" = DEL ] && rm -f $lease
[ "$CNI_COMMAND" = ADD ] || exit 0
touch $lease
echo '{{"cniVersion":"1.0.0","ips":[{{"address":"10.9.8.7/24"}}]}}'
"""


@dataclass(frozen=True)
class Network:
    """A CNI plugin that says what it was asked, and does badly what it is told to.

    As host-local without a range of its own, it refuses DEL, too, without the node's.
    """

    folder: Path

    def log(self) -> list[str]:
        return (self.folder / "log").read_text().splitlines()

    def leases(self) -> list[str]:
        """The sandboxes that have an address: as with real plugins, a reboot frees none."""
        return [path.name for path in (self.folder / "leases").iterdir()]

    def breaks(self, command: str, *, breaks: bool = True) -> None:
        file = self.folder / f"broken-{command}"
        file.touch() if breaks else file.unlink()

    def watches(self, pid: int) -> None:
        """From now on it says whether that process lives."""
        (self.folder / "pids").write_text(str(pid))

    def waits(self, command: str, *, waits: bool = True) -> None:
        file = self.folder / f"wait-{command}"
        file.touch() if waits else file.unlink()


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    folder = tmp_path / "cni"
    (folder / "bin").mkdir(parents=True)
    for name in ("conf", "leases"):
        (folder / name).mkdir()
    plugin = folder / "bin/logging"
    plugin.write_text(PLUGIN.format(folder=folder))
    plugin.chmod(0o755)
    (folder / "conf/10.conf").write_text(CONF)
    for name in ("log", "pids"):
        (folder / name).touch()
    yield Network(folder)
    for file in folder.glob("broken-*"):
        file.unlink()


def open_on(node: Node, network: Network) -> DockershimService:
    folder = network.folder
    return node.open(
        network="auto",
        cni_conf_dir=folder / "conf",
        cni_bin_dirs=(folder / "bin",),
        pod_cidr="10.9.8.0/24",
    )


@pytest.fixture
def service(node: Node, network: Network) -> DockershimService:
    return open_on(node, network)


def record_of(service: DockershimService, sandbox: str) -> SandboxRecord:
    record = service.engine.sandboxes.of(sandbox)
    assert record is not None
    return record


def pause_of(service: DockershimService, sandbox: str) -> int:
    pause = record_of(service, sandbox).pause
    assert pause is not None
    return pause.pid


def record_file(service: DockershimService, sandbox: str) -> Path:
    return service.engine.paths.sandbox(record_of(service, sandbox).id) / "record.json"


def test_a_network_is_attached_once_and_detached_after_the_processes_have_ended(
    node: Node, network: Network, service: DockershimService
) -> None:
    sandbox = service.run_pod_sandbox(node.sandbox("cni"))
    assert service.pod_sandbox_status(sandbox).status.network.ip == "10.9.8.7"
    network.watches(pause_of(service, sandbox))

    service.stop_pod_sandbox(sandbox)
    service.stop_pod_sandbox(sandbox)
    service.remove_pod_sandbox(sandbox)

    assert network.log() == [f"ADD {sandbox}", f"DEL {sandbox}"]
    assert list(service.engine.paths.pins.iterdir()) == []


def test_a_network_that_failed_half_way_is_detached_and_nothing_is_left(
    node: Node, network: Network, service: DockershimService
) -> None:
    network.breaks("ADD")

    with pytest.raises(errors.Error, match="no luck"):
        service.run_pod_sandbox(node.sandbox("broken"))

    (add, sandbox), *undone = [line.split() for line in network.log()]
    assert (add, undone) == ("ADD", [["DEL", sandbox]])
    assert service.list_pod_sandbox(cri.PodSandboxFilter(label_selector={"node": node.token})) == []
    assert service.engine.sandboxes.ids() == []
    network.breaks("ADD", breaks=False)
    service.run_pod_sandbox(node.sandbox("broken"))


def test_a_network_that_can_not_be_detached_keeps_the_sandbox_until_it_can(
    node: Node, network: Network, service: DockershimService
) -> None:
    sandbox = service.run_pod_sandbox(node.sandbox("stuck"))
    network.breaks("DEL")

    for end in (service.stop_pod_sandbox, service.remove_pod_sandbox):
        with pytest.raises(errors.Error, match="no luck"):
            end(sandbox)
    network.breaks("DEL", breaks=False)
    service.remove_pod_sandbox(sandbox)

    assert network.log() == [f"ADD {sandbox}", *[f"DEL {sandbox}"] * 3]
    assert service.list_pod_sandbox(cri.PodSandboxFilter(id=sandbox)) == []


def test_a_killed_run_is_undone_by_the_next_service_with_its_network(
    node: Node, network: Network, service: DockershimService
) -> None:
    sandbox = service.run_pod_sandbox(node.sandbox("cut"))
    path = record_file(service, sandbox)
    path.write_text(path.read_text().replace('"phase":"ready"', '"phase":"started"'))

    open_on(node, network)

    assert network.log() == [f"ADD {sandbox}", f"DEL {sandbox}"]
    with pytest.raises(errors.NotFound):
        service.engine.docker.inspect_container(sandbox)


@pytest.mark.parametrize("known", ["pending", "attempted"])
def test_a_run_that_was_cut_between_two_notes_is_undone_with_its_network(
    node: Node, network: Network, service: DockershimService, known: str
) -> None:
    """Either its own record is a step behind, or the network's isn't there."""
    sandbox = service.run_pod_sandbox(node.sandbox("torn"))
    path = record_file(service, sandbox)
    text = path.read_text().replace('"phase":"ready"', '"phase":"created"')
    path.write_text(text.replace('"attempted"', f'"{known}"'))
    if known == "attempted":
        _lose_attempt(service, sandbox)

    open_on(node, network)

    assert network.log() == [f"ADD {sandbox}", f"DEL {sandbox}"]
    assert network.leases() == []


def test_that_a_network_is_due_is_flushed_to_the_disk_before_it_is_attached(
    node: Node, network: Network, service: DockershimService, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[str, list[str]]] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_file() and path.is_relative_to(service.engine.paths.sandboxes):
            flushed.append((json.loads(path.read_text())["network"], network.log()))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    service.run_pod_sandbox(node.sandbox("flushed"))

    assert ("attempted", []) in flushed


def _kill_pause(service: DockershimService, sandbox: str) -> None:
    os.kill(pause_of(service, sandbox), signal.SIGKILL)


def _remove_pause(service: DockershimService, sandbox: str) -> None:
    service.engine.docker.remove_container(sandbox, force=True)


def reboot(service: DockershimService, sandbox: str) -> None:
    """After which no process lives, no namespace is pinned, and /run is empty."""
    _kill_pause(service, sandbox)
    path = record_file(service, sandbox)
    path.write_text(path.read_text().replace(service.engine.boot_id, "another"))
    netns.delete(service.engine.paths.netns(record_of(service, sandbox).id))
    shutil.rmtree(service.engine.paths.run_root)
    service.engine.prepare()


def _lose_attempt(service: DockershimService, sandbox: str) -> None:
    """What the network itself remembered."""
    (service.engine.paths.network / "attempts" / f"{sandbox}.json").unlink()


def _lose_record(service: DockershimService, sandbox: str) -> None:
    record_file(service, sandbox).unlink()


def _lose_both(service: DockershimService, sandbox: str) -> None:
    _lose_attempt(service, sandbox)
    _lose_record(service, sandbox)


@pytest.mark.parametrize(
    ("harm", "times"),
    [
        (_kill_pause, 1),
        (_remove_pause, 1),
        (reboot, 1),
        (_lose_attempt, 1),
        (_lose_record, 2),  # Nobody remembers then whether it was done: at each call once more.
        (_lose_both, 2),
    ],
)
def test_a_network_is_detached_whatever_has_become_of_the_sandbox(
    node: Node,
    network: Network,
    service: DockershimService,
    *,
    harm: Callable[[DockershimService, str], None],
    times: int,
) -> None:
    sandbox = service.run_pod_sandbox(node.sandbox("harmed"))

    harm(service, sandbox)
    service.stop_pod_sandbox(sandbox)
    service.remove_pod_sandbox(sandbox)

    assert network.log() == [f"ADD {sandbox}", *[f"DEL {sandbox}"] * times]
    assert network.leases() == []
    assert service.list_pod_sandbox(cri.PodSandboxFilter(id=sandbox)) == []
    assert list(service.engine.paths.pins.iterdir()) == []
    assert service.engine.sandboxes.ids() == []


@pytest.mark.parametrize("harm", [None, _remove_pause, _lose_record])
def test_a_pod_on_the_nodes_network_ends_without_the_plugins(
    node: Node,
    network: Network,
    service: DockershimService,
    harm: Callable[[DockershimService, str], None] | None,
) -> None:
    config = node.sandbox("host")
    config.linux.security_context.namespace_options.network = cri.NODE
    sandbox = service.run_pod_sandbox(config)

    if harm is not None:
        harm(service, sandbox)
    service.stop_pod_sandbox(sandbox)
    service.remove_pod_sandbox(sandbox)

    assert network.log() == []
    assert service.list_pod_sandbox(cri.PodSandboxFilter(id=sandbox)) == []


def test_while_a_network_is_being_attached_nobody_waits_and_the_sandbox_is_not_ready(
    node: Node, network: Network, service: DockershimService
) -> None:
    network.waits("ADD")
    slow = threading.Thread(target=service.run_pod_sandbox, args=(node.sandbox("slow"),))
    slow.start()
    until = time.monotonic() + 20
    while not network.log():
        assert time.monotonic() < until
        time.sleep(0.02)

    (found,) = service.list_pod_sandbox(cri.PodSandboxFilter(label_selector={"node": node.token}))
    told = service.pod_sandbox_status(found.id).status
    assert slow.is_alive()
    assert (found.state, told.state) == (cri.SANDBOX_NOTREADY, cri.SANDBOX_NOTREADY)
    assert not told.network.ip

    network.waits("ADD", waits=False)
    slow.join()
    assert service.pod_sandbox_status(found.id).status.state == cri.SANDBOX_READY
