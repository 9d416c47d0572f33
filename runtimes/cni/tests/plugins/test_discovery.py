"""Which configuration is used."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from runtimes.cni.plugins.cni import CniNetwork
from runtimes.cni.plugins.discovery import Discovery

if TYPE_CHECKING:
    from runtimes.cni.tests.plugins.conftest import Plugins


def discovery(plugins: Plugins) -> Discovery:
    return Discovery(plugins.conf_dir, (plugins.root / "nothing", plugins.bin_dir))


def chosen(plugins: Plugins) -> str | None:
    network = discovery(plugins).look().network
    return network.name if network else None


def test_files_are_tried_in_the_order_of_their_names(plugins: Plugins) -> None:
    plugins.configure({"type": "first"}, file="20.conflist", name="later")
    plugins.configure({"type": "first"}, file="10.conflist", name="earlier")
    plugins.configure({"type": "first"}, file="00.txt", name="other ending")

    assert chosen(plugins) == "earlier"


@pytest.mark.parametrize("file", ["10.conf", "10.json"])
def test_a_single_plugin_is_a_network(plugins: Plugins, file: str) -> None:
    config = {"cniVersion": "0.4.0", "name": "single", "type": "first", "bridge": "b"}
    (plugins.conf_dir / file).write_text(json.dumps(config))

    network = discovery(plugins).look().network

    assert network is not None
    assert (network.name, network.cni_version) == ("single", "0.4.0")
    assert network.plugins == (config,)


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("00.conf", "{", "isn't JSON"),
        ("00.conf", "[]", "expected a JSON object"),
        ("00.conf", '{"name": "x"}', "no 'type'; does the file want to be a .conflist"),
        ("00.conf", '{"type": "first"}', "no 'name'"),
        ("00.conf", '{"name": "x", "type": "../first"}', "isn't a file name"),
        ("00.conf", '{"name": "x", "type": "missing"}', "no CNI plugin 'missing'"),
        ("00.conflist", '{"name": "x", "plugins": []}', "at least one plugin"),
        ("00.conflist", '{"name": "x", "plugins": {}}', "at least one plugin"),
        ("00.conflist", '{"name": "x", "plugins": ["first"]}', "no 'type'"),
        ("00.conflist", '{"plugins": [{"type": "first"}]}', "no 'name'"),
        (
            "00.conflist",
            '{"cniVersion": "9.0.0", "name": "x", "plugins": [{"type": "first"}]}',
            "speaks versions 0.3.0, 0.3.1, 0.4.0, 1.0.0 and not 9.0.0",
        ),
    ],
)
def test_what_can_not_be_used_is_passed_over_and_told(
    plugins: Plugins, file: str, text: str, reason: str
) -> None:
    (plugins.conf_dir / file).write_text(text)

    obstacle = discovery(plugins).look().obstacle or ""
    assert obstacle.startswith("cni config uninitialized: ")
    assert file in obstacle
    assert reason in obstacle

    plugins.configure({"type": "first"}, name="usable")
    assert chosen(plugins) == "usable"


def test_a_plugin_that_fails_at_version_is_passed_over(plugins: Plugins) -> None:
    plugins.configure({"type": "first"})
    (plugins.bin_dir / "first").write_text("#!/bin/sh\necho broken >&2\nexit 3\n")

    assert "status 3" in (discovery(plugins).look().obstacle or "")


def test_no_configuration_is_told(plugins: Plugins) -> None:
    network = CniNetwork(plugins.conf_dir, (plugins.bin_dir,), plugins.root)

    assert network.status() == (
        f"cni config uninitialized: no .conf, .conflist, .json file is in {plugins.conf_dir}"
    )


def test_a_missing_directory_is_told(plugins: Plugins) -> None:
    network = CniNetwork(plugins.root / "missing", (plugins.bin_dir,), plugins.root)

    assert "missing" in (network.status() or "")


def test_a_change_is_seen(plugins: Plugins) -> None:
    found = discovery(plugins)
    assert found.look().network is None

    plugins.configure({"type": "first"}, name="one")
    assert found.look().network == found.look().network is not None
    plugins.configure({"type": "first"}, file="05.conflist", name="before it")
    assert (network := found.look().network) is not None
    assert network.name == "before it"
    (plugins.conf_dir / "05.conflist").unlink()
    (plugins.conf_dir / "10-net.conflist").unlink()
    assert found.look().network is None


def test_a_plugin_that_is_installed_later_is_seen(plugins: Plugins) -> None:
    plugins.configure({"type": "third"})
    found = discovery(plugins)
    assert found.look().network is None

    plugins.install("third")

    assert found.look().network is not None


def test_ip_ranges_wait_for_the_pod_cidr(plugins: Plugins) -> None:
    plugins.configure({"type": "first", "capabilities": {"ipRanges": True}})
    network = CniNetwork(plugins.conf_dir, (plugins.bin_dir,), plugins.root)

    assert network.status() == "cni config needs ipRanges but no PodCIDR set"
    network.set_pod_cidr("10.5.0.0/24")
    assert network.status() is None
