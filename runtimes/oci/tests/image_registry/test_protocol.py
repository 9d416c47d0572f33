"""Pure parts of the protocol: challenges, hosts, platforms."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.core import errors
from runtimes.oci.registry import challenge
from runtimes.oci.registry.challenge import Challenge
from runtimes.oci.registry.host import endpoint, is_loopback, may_be_plain, origin
from runtimes.oci.registry.manifest import Descriptor, Platform
from runtimes.oci.registry.platform import choose, host_platform, rank

AMD64 = Platform("amd64", "linux")
ARM64 = Platform("arm64", "linux", "v8")
ARMV7 = Platform("arm", "linux", "v7")


@pytest.mark.parametrize(
    ("header", "challenges"),
    [
        ("", []),
        ('Basic realm="x"', [Challenge("basic", {"realm": "x"})]),
        ('Bearer realm="https://a/t",service="s",scope="repository:a:pull,push"',
         [Challenge("bearer", {"realm": "https://a/t", "service": "s",
                               "scope": "repository:a:pull,push"})]),
        ('bearer  realm = "a" , error=invalid_token',
         [Challenge("bearer", {"realm": "a", "error": "invalid_token"})]),
        (r'Basic realm="a \"quoted\" \\ name"',
         [Challenge("basic", {"realm": 'a "quoted" \\ name'})]),
        ('Negotiate, Basic realm="x"',
         [Challenge("negotiate"), Challenge("basic", {"realm": "x"})]),
        ('Basic realm="x", Bearer realm="y"',
         [Challenge("basic", {"realm": "x"}), Challenge("bearer", {"realm": "y"})]),
        ('"', []),
    ],
)  # fmt: skip
def test_challenges_are_read(header: str, challenges: list[Challenge]) -> None:
    assert challenge.parse(header) == challenges


@given(st.text())
def test_any_header_is_survived(header: str) -> None:
    assert challenge.find(header, "no such scheme") is None


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:5000", "127.0.0.1", "127.8.9.1:80", "[::1]:5000"]
)
def test_loopback_hosts(host: str) -> None:
    assert is_loopback(host)
    assert may_be_plain(host, ())


@pytest.mark.parametrize(
    "host",
    ["localhost.example", "127.0.0.1.example", "example:127", "10.0.0.1", "[::2]", "", "0.0.0.0"],
)
def test_hosts_that_only_look_like_loopback(host: str) -> None:
    assert not is_loopback(host)
    assert not may_be_plain(host, ())


def test_listed_hosts_may_be_plain_on_any_port_or_on_one() -> None:
    assert may_be_plain("a.example:5000", ("a.example",))
    assert may_be_plain("a.example:5000", ("a.example:5000",))
    assert not may_be_plain("a.example:5001", ("a.example:5000",))
    assert not may_be_plain("b.example", ("a.example",))


def test_docker_hub_is_served_elsewhere() -> None:
    assert endpoint("docker.io") == "registry-1.docker.io"
    assert endpoint("quay.io") == "quay.io"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a/x", "https://a:443/y", True),
        ("https://A/x", "https://a/y", True),
        ("http://a", "https://a", False),
        ("https://a", "https://a:444", False),
        ("https://a", "https://b.a", False),
        ("https://user@a", "https://a", True),
    ],
)
def test_origins(one: str, other: str, *, same: bool) -> None:
    assert (origin(one) == origin(other)) is same


def test_this_machine_has_a_platform() -> None:
    assert host_platform().os == "linux"
    assert host_platform().architecture


@pytest.mark.parametrize(
    ("host", "offered", "best"),
    [
        (AMD64, [Platform("arm64", "linux"), Platform("amd64", "linux")], 1),
        (AMD64, [Platform("amd64", "windows"), Platform("x86_64", "linux")], 1),
        (AMD64, [Platform("amd64", "linux", "v3"), Platform("amd64", "linux")], 1),
        (AMD64, [None, Platform("amd64", "linux")], 1),
        (AMD64, [Platform("arm", "linux"), None], 1),
        (AMD64, [Platform("amd64", "linux"), Platform("amd64", "linux")], 0),
        (ARM64, [Platform("arm64", "linux"), Platform("arm", "linux", "v7")], 0),
        (ARM64, [Platform("arm64", "linux", "v8")], 0),
        (ARMV7, [Platform("arm", "linux", "v5"), Platform("arm", "linux", "v6"),
                 Platform("arm", "linux", "v8")], 1),
        (ARMV7, [Platform("arm", "linux", "v6"), Platform("arm", "linux", "v7")], 1),
    ],
)  # fmt: skip
def test_the_platform_that_fits_best_is_chosen(
    host: Platform, offered: list[Platform | None], best: int
) -> None:
    digests = [f"sha256:{n:064x}" for n in range(len(offered))]
    candidates = [Descriptor(d, 1, platform=p) for d, p in zip(digests, offered, strict=True)]

    assert choose(candidates, host, what="x").digest == digests[best]


@pytest.mark.parametrize(
    "offered",
    [Platform("arm64", "linux"), Platform("amd64", "windows"), Platform("unknown", "unknown"),
     Platform("amd64", "linux", "v2")],
)  # fmt: skip
def test_what_doesnt_fit_is_not_chosen(offered: Platform) -> None:
    assert rank(offered, AMD64) == 0
    with pytest.raises(errors.ImageNotFound, match="no image for linux/amd64"):
        choose([Descriptor(f"sha256:{1:064x}", 1, platform=offered)], AMD64, what="x")
