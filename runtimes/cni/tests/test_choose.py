"""Which network the options mean."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from runtimes.cni.choose import NetworkOptions, open_network
from runtimes.cni.network import DetachRequest

if TYPE_CHECKING:
    from pathlib import Path


def test_the_built_in_bridge_is_the_default(tmp_path: Path) -> None:
    assert open_network(NetworkOptions(tmp_path)).name == "bridge"


def test_a_configuration_directory_means_plugins(tmp_path: Path) -> None:
    options = NetworkOptions(tmp_path, cni_conf_dir=tmp_path / "net.d")

    assert open_network(options).name == "cni"


def test_what_plugins_need_to_undo_is_kept_where_it_is_said(tmp_path: Path) -> None:
    options = NetworkOptions(
        tmp_path / "run", cni_conf_dir=tmp_path / "net.d", cni_cache_dir=tmp_path / "lasting"
    )

    open_network(options).detach(DetachRequest("nobody"))

    assert [path.name for path in tmp_path.iterdir()] == ["lasting"]


def test_opening_writes_nothing(tmp_path: Path) -> None:
    open_network(NetworkOptions(tmp_path))
    open_network(NetworkOptions(tmp_path, cni_conf_dir=tmp_path / "net.d"))

    assert list(tmp_path.iterdir()) == []


def test_the_types_come_without_the_machinery() -> None:
    script = "import sys, runtimes.cni; print([m for m in sys.modules if 'netlink' in m])"

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
