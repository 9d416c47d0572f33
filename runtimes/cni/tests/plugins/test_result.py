"""Results of all versions of the protocol."""

from __future__ import annotations

from typing import Any

import pytest

from runtimes.cni.plugins import result
from runtimes.core import errors

INTERFACES = [{"name": "br0"}, {"name": "eth0", "mac": "02::1", "sandbox": "/ns"}]

CASES: dict[str, dict[str, Any]] = {
    "1.0.0": {
        "interfaces": INTERFACES,
        "ips": [
            {"address": "192.168.9.1/24", "interface": 0},
            {"address": "10.0.0.5/24", "gateway": "10.0.0.1", "interface": 1},
        ],
    },
    "0.3.1": {
        "interfaces": INTERFACES,
        "ips": [{"version": "4", "address": "10.0.0.5/24", "gateway": "10.0.0.1", "interface": 1}],
    },
    "without interfaces": {"ips": [{"address": "10.0.0.5/24", "gateway": "10.0.0.1"}]},
    "0.2.0": {"ip4": {"ip": "10.0.0.5/24", "gateway": "10.0.0.1"}, "dns": {}},
}


@pytest.mark.parametrize("version", CASES)
def test_the_pods_address_is_found(version: str) -> None:
    found = result.read(CASES[version], "eth0", "test")

    assert found.ips == ("10.0.0.5",)
    assert found.gateway == "10.0.0.1"


def test_ipv4_comes_first() -> None:
    both = {
        "ips": [
            {"address": "fd00::5/64", "gateway": "fd00::1"},
            {"address": "10.0.0.5/24", "gateway": "10.0.0.1"},
        ]
    }

    found = result.read(both, "eth0", "test")

    assert found.ips == ("10.0.0.5", "fd00::5")
    assert found.gateway == "10.0.0.1"


def test_the_mac_is_that_of_the_pods_interface() -> None:
    assert result.read(CASES["1.0.0"], "eth0", "test").mac == "02::1"
    assert result.read(CASES["0.2.0"], "eth0", "test").mac == ""


@pytest.mark.parametrize("content", [{}, {"ips": []}, {"ips": None}, {"interfaces": INTERFACES}])
def test_no_address_is_an_error(content: dict[str, Any]) -> None:
    with pytest.raises(errors.Internal, match="test: the plugins gave the pod no address"):
        result.read(content, "eth0", "test")
