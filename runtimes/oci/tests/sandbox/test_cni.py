"""A pod's network by CNI plugins: each that may be there is taken away, and once."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.oci.service import OciService
from runtimes.oci.state.record import SandboxPhase

if TYPE_CHECKING:
    from runtimes.oci.tests.pods import Pods

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci]

CONF = '{"cniVersion": "1.0.0", "name": "n", "type": "noting"}'
PLUGIN = """#!/bin/sh
speaks='{{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}}'
[ "$CNI_COMMAND" = VERSION ] && {{ echo "$speaks"; exit; }}
echo "$CNI_COMMAND $CNI_CONTAINERID" >> {folder}/log
[ -e {folder}/broken-$CNI_COMMAND ] && {{ echo '{{"code":100,"msg":"no luck"}}'; exit 1; }}
echo '{{"cniVersion":"1.0.0","ips":[{{"address":"10.9.8.7/24"}}]}}'
"""


@dataclass(frozen=True)
class Plugin:
    """Notes what it is asked, and fails at what it is told to."""

    folder: Path

    def log(self) -> list[str]:
        return (self.folder / "log").read_text().splitlines()

    def breaks(self, command: str) -> None:
        (self.folder / f"broken-{command}").touch()

    def mends(self, command: str) -> None:
        (self.folder / f"broken-{command}").unlink()


@pytest.fixture
def plugin(pods: Pods, tmp_path: Path) -> Plugin:
    """The one of `pods`, from now on."""
    (tmp_path / "noting").write_text(PLUGIN.format(folder=tmp_path))
    (tmp_path / "noting").chmod(0o755)
    (tmp_path / "10.conf").write_text(CONF)
    (tmp_path / "log").touch()
    options = replace(pods.engine.options, cni_conf_dir=tmp_path, cni_bin_dirs=(tmp_path,))
    pods.service = OciService(options)
    return Plugin(tmp_path)


def _lose_attempt(pods: Pods, sandbox: str) -> None:
    """What the network itself remembered."""
    (pods.engine.paths.root / "cni/attempts" / f"{sandbox}.json").unlink()


def test_del_runs_once_though_the_plugins_record_is_lost(pods: Pods, plugin: Plugin) -> None:
    pod = pods.run()

    _lose_attempt(pods, pod.id)
    pods.clear()

    assert plugin.log() == [f"ADD {pod.id}", f"DEL {pod.id}"]


def test_a_run_that_was_killed_is_undone_though_the_plugins_record_is_lost(
    pods: Pods, plugin: Plugin
) -> None:
    pod = pods.run()
    record = pods.engine.sandboxes.load(pod.id)
    pods.engine.sandboxes.save(replace(record, phase=SandboxPhase.CREATING, ips=()))
    _lose_attempt(pods, pod.id)

    OciService(pods.engine.options)

    assert plugin.log() == [f"ADD {pod.id}", f"DEL {pod.id}"]


def test_a_failed_add_is_undone_once_and_nothing_is_left(pods: Pods, plugin: Plugin) -> None:
    plugin.breaks("ADD")

    with pytest.raises(errors.Error, match="no luck"):
        pods.run()

    (add, sandbox), *undone = [line.split() for line in plugin.log()]
    assert (add, undone) == ("ADD", [["DEL", sandbox]])
    assert pods.engine.sandboxes.ids() == []


def test_a_failed_add_that_can_not_be_undone_is_undone_later(pods: Pods, plugin: Plugin) -> None:
    plugin.breaks("ADD")
    plugin.breaks("DEL")
    with pytest.raises(errors.Error, match="no luck"):
        pods.run()
    (sandbox,) = pods.engine.sandboxes.ids()

    plugin.mends("DEL")
    pods.service.remove_pod_sandbox(sandbox)

    assert plugin.log() == [f"ADD {sandbox}", *[f"DEL {sandbox}"] * 3]


def test_that_a_network_is_due_is_flushed_to_the_disk_before_it_is_attached(
    pods: Pods, plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[str, list[str]]] = []
    really = os.fsync

    def fsync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        if path.is_file() and path.is_relative_to(pods.engine.paths.root / "sandboxes"):
            flushed.append((json.loads(path.read_text())["network"], plugin.log()))
        really(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    pods.run()

    assert ("attempted", []) in flushed
