"""The same manifests by the same commands on the embedded backend and on containerd."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from distributions import ROOT

from runtimes.cli.tests.typist import Typist
from runtimes.contract.testimage.busybox import BUSYBOX, busybox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.contract.engines.session import EngineSession

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_oci,
    pytest.mark.needs_containerd,
    pytest.mark.timeout(180),
]

INIT = """\
  initContainers:
    - name: write
      image: IMAGE
      command: [sh, -c, 'echo "$(WHO) was here" > /shared/note']
      env: [{name: WHO, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
      volumeMounts: [{name: shared, mountPath: /shared}]
"""
PODS = {
    "succeeds": "  containers:\n    - {name: main, image: IMAGE, command: [echo, done]}\n",
    "fails": """\
  containers:
    - {name: main, image: IMAGE, command: [sh, -c, 'echo no >&2; exit 3']}
""",
    "reads-what-init-wrote": INIT
    + """\
  containers:
    - name: main
      image: IMAGE
      command: [cat, /shared/note]
      volumeMounts: [{name: shared, mountPath: /shared, readOnly: true}]
  volumes: [{name: shared, emptyDir: {}}]
""",
    "one-of-two-fails": """\
  containers:
    - {name: good, image: IMAGE, command: [sh, -c, 'echo fine']}
    - {name: bad, image: IMAGE, command: [sh, -c, 'echo broken; exit 7']}
""",
    "has-no-such-program": "  containers:\n    - {name: main, image: IMAGE, command: [/nowhere]}\n",
    "is-killed-for-memory": """\
  containers:
    - name: main
      image: IMAGE
      command: [sh, -c, 'a=$(head -c 60m /dev/zero | tr "\\\\0" x); echo ${#a}']
      resources: {limits: {memory: 20Mi}}
""",
    "is-unprivileged": """\
  securityContext: {runAsUser: 1000, runAsGroup: 1000}
  containers:
    - name: main
      image: IMAGE
      command: [sh, -c, 'id -u; id -g; touch /file || echo refused']
      securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false}
""",
}


@dataclass(frozen=True)
class Command:
    """`runtimes` with a backend's settings and folders of its own."""

    environment: dict[str, str]

    def __call__(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "runtimes.cli.main", *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | self.environment,
            timeout=120,
        )

    def typed(self, *arguments: str) -> int:
        """Run a shell at a terminal and leave it once it asks; its exit code."""
        command = [sys.executable, "-m", "runtimes.cli.main", *arguments]
        with Typist(command, env=os.environ | self.environment) as typist:
            typist.see(b"/ # ")
            typist.type(b"exit\n")
            return typist.leave()


def configured(folder: Path, backend: str, settings: str) -> Command:
    config = folder / "config.toml"
    config.write_text(f'backend = "{backend}"\n[backends.{backend}]\n{settings}')
    return Command(
        {"RUNTIMES_CONFIG": str(config), "RUNTIMES_KUBELET_ROOT": str(folder / "kubelet")}
    )


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Command]:
    from runtimes.cni.bridge.builtin import BuiltinBridge
    from runtimes.cni.bridge.segment import BridgeOptions

    folder = tmp_path_factory.mktemp("embedded")
    bridge = "rte2e0"
    settings = f'root = "{folder}/root"\nrun_root = "{folder}/run"\nbridge = "{bridge}"\n'
    command = configured(folder, "oci", settings)
    archive = folder / "busybox.tar"
    archive.write_bytes(busybox().archive())
    try:
        done = command("import", archive)
        assert done.returncode == 0, done.stderr
        yield command
    finally:
        command("rm", "--all", "--force")  # what a failed test has left
        BuiltinBridge(folder / "run/network/bridge", BridgeOptions(bridge)).uninstall()


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory, runtimes_engines: EngineSession) -> Command:
    endpoint = runtimes_engines.env("containerd")["CONTAINER_RUNTIME_ENDPOINT"]
    folder = tmp_path_factory.mktemp("remote")
    return configured(folder, "cri", f'endpoint = "{endpoint}"\n')


def outcome(command: Command, manifest: Path, name: str) -> dict[str, Any]:
    """All that a user sees of a pod that was run to its end."""
    ran = command("run", "-f", manifest)
    try:
        pod = json.loads(command("inspect", name, "-o", "json").stdout)
    finally:
        removed = command("rm", "--force", name)
    assert removed.returncode == 0, removed.stderr
    status = pod["status"]
    states = {
        container["name"]: {
            key: container["state"]["terminated"].get(key) for key in ("exitCode", "reason")
        }
        for group in ("initContainerStatuses", "containerStatuses")
        for container in status.get(group, ())
    }
    return {
        "code": ran.returncode,
        "phase": status["phase"],
        "states": states,
        "logs": sorted(ran.stdout.splitlines()),
    }


@pytest.mark.parametrize("name", sorted(PODS))
def test_a_pod_ends_the_same_on_both(
    name: str, embedded: Command, remote: Command, tmp_path: Path
) -> None:
    manifest = tmp_path / f"{name}.yaml"
    head = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  restartPolicy: Never\n"
    manifest.write_text(head + PODS[name].replace("IMAGE", BUSYBOX))

    here, there = (outcome(command, manifest, name) for command in (embedded, remote))

    assert here == there
    assert here["phase"] == ("Succeeded" if here["code"] == 0 else "Failed")


@pytest.mark.timeout(400)  # two dozen commands
def test_the_readme_can_be_followed_line_by_line(embedded: Command, tmp_path: Path) -> None:
    archive = tmp_path / "busybox.tar"
    archive.write_bytes(busybox("localhost/busybox:1").archive())
    readme = (ROOT / "README.md").read_text()
    lines = re.findall(r"^\$ runtimes (.*?)(?: +#.*)?$", readme, re.MULTILINE)
    elsewhere = ("run -f pod.yaml", "history ")  # of a broken manifest; in tests of its own
    commands = [line for line in lines if not line.startswith(elsewhere)]
    assert len(commands) > 10

    for line in commands:
        words = line.replace("busybox.tar", str(archive)).replace("examples", f"{ROOT}/examples")
        words = re.sub(r" \.$", f" {tmp_path}", words)
        if "-it" in words.split():
            assert embedded.typed(*words.split()) == 0, line
            continue
        done = embedded(*words.split())
        assert done.returncode == 0, f"{line}: {done.stderr}"
