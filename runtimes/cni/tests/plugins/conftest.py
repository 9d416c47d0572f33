"""Plugins that note down how they were called and answer as a test tells them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.cni.plugins.cni import CniNetwork

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.cni.tests.conftest import Host

VERSIONS = ("0.3.0", "0.3.1", "0.4.0", "1.0.0")

_SCRIPT = """#!/bin/sh
input=$(cat)
name=${0##*/}
here=${0%/*}
if [ "$CNI_COMMAND" = VERSION ]; then
    cat "$here/../answers/$name-VERSION"
    exit
fi
calls="$here/../calls"
number=$(ls "$calls" | wc -l)
call="$calls/$(printf %03d "$number")-$name-$CNI_COMMAND"
note="$here/../answers/note-$$"
mkdir "$note"
printf %s "$input" > "$note/stdin"
env > "$note/env"
mv "$note" "$call"
answer="$here/../answers/$name-$CNI_COMMAND"
if [ -e "$answer" ]; then . "$answer"; fi
"""


@dataclass(frozen=True, slots=True)
class Call:
    plugin: str
    command: str
    stdin: dict[str, Any]
    env: dict[str, str]


@dataclass(frozen=True, slots=True)
class Plugins:
    """Scripted plugins of one directory, and the configuration directory beside it."""

    root: Path

    @property
    def bin_dir(self) -> Path:
        return self.root / "bin"

    @property
    def conf_dir(self) -> Path:
        return self.root / "conf"

    def install(self, name: str, versions: tuple[str, ...] = VERSIONS) -> None:
        path = self.bin_dir / name
        path.write_text(_SCRIPT)
        path.chmod(0o755)
        self.script(
            name, "VERSION", json.dumps({"cniVersion": "1.0.0", "supportedVersions": versions})
        )

    def script(self, name: str, command: str, text: str) -> None:
        """Let a plugin run shell code for a command (for VERSION: print the text)."""
        (self.root / "answers" / f"{name}-{command}").write_text(text)

    def answer(self, name: str, command: str, answer: object, status: int = 0) -> None:
        """Let a plugin print JSON and exit."""
        self.script(name, command, f"cat <<'END'\n{json.dumps(answer)}\nEND\nexit {status}\n")

    def fail(self, name: str, command: str, code: int, *texts: str) -> None:
        """Let a plugin fail with a message and, perhaps, details."""
        said = dict(zip(("msg", "details"), texts, strict=False))
        error = {"cniVersion": "1.0.0", "code": code, **said}
        self.answer(name, command, error, status=1)

    def relent(self, name: str, command: str) -> None:
        (self.root / "answers" / f"{name}-{command}").unlink()

    def configure(self, *plugins: object, file: str = "10-net.conflist", **fields: object) -> None:
        content = {"cniVersion": "1.0.0", "name": "net", "plugins": plugins, **fields}
        (self.conf_dir / file).write_text(json.dumps(content))

    def calls(self) -> list[Call]:
        return [_call(path) for path in sorted((self.root / "calls").iterdir())]

    def commands(self) -> list[str]:
        return [f"{call.command} {call.plugin}" for call in self.calls()]


def result(ip: str = "10.1.2.3") -> dict[str, Any]:
    return {
        "cniVersion": "1.0.0",
        "interfaces": [
            {"name": "br", "mac": "02:00:00:00:00:01"},
            {"name": "eth0", "mac": "02:00:00:00:00:02", "sandbox": "/x"},
        ],
        "ips": [{"address": f"{ip}/24", "gateway": "10.1.2.1", "interface": 1}],
    }


def _call(path: Path) -> Call:
    _, plugin, command = path.name.split("-")
    variables = (line.partition("=") for line in (path / "env").read_text().splitlines())
    return Call(
        plugin,
        command,
        json.loads((path / "stdin").read_bytes()),
        {key: value for key, _, value in variables if key.startswith("CNI_")},
    )


@pytest.fixture
def plugins(tmp_path: Path) -> Plugins:
    """Two plugins, `first` and `second`, that succeed."""
    made = Plugins(tmp_path)
    for folder in ("bin", "conf", "answers", "calls"):
        (tmp_path / folder).mkdir()
    for name in ("first", "second"):
        made.install(name)
        made.answer(name, "ADD", result())
    return made


@pytest.fixture
def cni(host: Host, plugins: Plugins) -> CniNetwork:
    """Opened on the scripted plugins; also the network of `host`."""
    network = CniNetwork(plugins.conf_dir, (plugins.bin_dir,), plugins.root / "cache")
    host.network = network
    return network
