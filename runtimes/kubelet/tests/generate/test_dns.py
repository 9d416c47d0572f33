"""DNS policies, and what becomes of hosts and names."""

from __future__ import annotations

from typing import Any

import pytest

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.kubelet.generate import hosts
from runtimes.kubelet.generate.dns import (
    ClusterDns,
    Resolver,
    omissions,
    parse_resolv_conf,
    pod_resolver,
)
from runtimes.kubelet.generate.hostname import hostname_and_domain, kernel_hostname
from runtimes.kubelet.tests.builders import pod, with_meta

NODE = Resolver(("192.0.2.53",), ("corp.example",), ("timeout:2",))
CLUSTER = ClusterDns(("10.96.0.10",), "cluster.local")
IN_CLUSTER = Resolver(
    ("10.96.0.10",),
    ("default.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.example"),
    ("ndots:5",),
)


@pytest.mark.parametrize(
    ("policy", "host_network", "cluster", "expected"),
    [
        ("ClusterFirst", False, CLUSTER, IN_CLUSTER),
        ("", False, CLUSTER, IN_CLUSTER),
        ("ClusterFirst", True, CLUSTER, NODE),
        ("ClusterFirstWithHostNet", True, CLUSTER, IN_CLUSTER),
        ("ClusterFirst", False, ClusterDns(), NODE),
        ("Default", False, CLUSTER, NODE),
        ("None", False, CLUSTER, Resolver()),
    ],
)
def test_the_policy_chooses_the_resolver(
    policy: str, host_network: bool, cluster: ClusterDns, expected: Resolver
) -> None:
    asked = pod(dns_policy=policy, host_network=host_network)

    assert pod_resolver(asked, cluster, NODE) == expected


def test_the_pods_own_config_is_merged_without_repeats_and_overrides_options() -> None:
    own = v1.PodDNSConfig(
        nameservers=("10.96.0.10", "1.1.1.1"),
        searches=("cluster.local", "mine"),
        options=(
            v1.PodDNSConfigOption(name="ndots", value="2"),
            v1.PodDNSConfigOption(name="edns0"),
        ),
    )

    answer = pod_resolver(pod(dns_config=own), CLUSTER, NODE)

    assert answer.servers == ("10.96.0.10", "1.1.1.1")
    assert answer.searches == (*IN_CLUSTER.searches, "mine")
    assert answer.options == ("ndots:2", "edns0")


def test_what_resolvers_cant_take_is_cut() -> None:
    own = v1.PodDNSConfig(
        nameservers=tuple(f"192.0.2.{n}" for n in range(5)),
        searches=("x" * 254, *(f"s{n}.example" for n in range(40))),
    )

    answer = pod_resolver(pod(dns_policy="None", dns_config=own), CLUSTER, NODE)

    assert len(answer.servers) == 3
    assert answer.searches == tuple(f"s{n}.example" for n in range(32))


def test_what_is_cut_is_told_as_kubelet_tells_it() -> None:
    many = v1.PodDNSConfig(
        nameservers=tuple(f"192.0.2.{number}" for number in range(1, 6)),
        searches=("x" * 254, "a.example"),
    )
    node = Resolver()

    servers, searches = omissions(pod(dns_policy="None", dns_config=many), ClusterDns(), node)

    assert servers.endswith("the applied nameserver line is: 192.0.2.1 192.0.2.2 192.0.2.3")
    assert searches.endswith("the applied search line is: a.example")
    assert omissions(pod(), ClusterDns(), node) == ()


def test_a_resolv_conf_is_read_as_resolvers_read_it() -> None:
    text = (
        "# comment\nnameserver 192.0.2.1\nnameserver 192.0.2.2 # two\n"
        "search old\nsearch a.example. . b\noptions ndots:1 rotate\noptions ndots:3\n"
    )

    assert parse_resolv_conf(text) == Resolver(
        ("192.0.2.1", "192.0.2.2"), ("a.example", "b"), ("ndots:3", "rotate")
    )


@pytest.mark.parametrize(
    ("name", "spec", "expected"),
    [
        ("web", {}, ("web", "")),
        ("web", {"hostname": "h"}, ("h", "")),
        ("web", {"hostname": "h", "subdomain": "s"}, ("h", "s.default.svc.cluster.local")),
        ("a" * 62 + "-b", {}, ("a" * 62, "")),
    ],
)
def test_a_pods_names(name: str, spec: dict[str, Any], expected: tuple[str, str]) -> None:
    asked = with_meta(pod(**spec), name=name)

    assert hostname_and_domain(asked, "cluster.local") == expected


def test_the_kernel_gets_the_full_name_only_if_asked_and_if_it_fits() -> None:
    asked: dict[str, Any] = {"subdomain": "s", "set_hostname_as_fqdn": True}

    assert kernel_hostname(pod(**asked), "x.y") == "web.s.default.svc.x.y"
    assert kernel_hostname(pod(subdomain="s"), "x.y") == "web"
    with pytest.raises(errors.InvalidArgument, match="64"):
        kernel_hostname(pod(**asked), "long." * 12 + "example")


def test_a_pods_hosts_file_names_it_under_each_address() -> None:
    aliases = (v1.HostAlias(ip="192.0.2.9", hostnames=("foo", "bar")),)

    text = hosts.of_pod_network(["10.0.0.2", "fd00::2"], "web", "s.d", aliases)

    assert text.startswith("# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n")
    assert text.endswith(
        "10.0.0.2\tweb.s.d\tweb\nfd00::2\tweb.s.d\tweb\n"
        "\n# Entries added by HostAliases.\n192.0.2.9\tfoo\tbar\n"
    )


def test_a_host_networks_hosts_file_is_the_nodes() -> None:
    text = hosts.of_host_network("127.0.0.1 node\n", ())

    assert text == "# Kubernetes-managed hosts file (host network).\n127.0.0.1 node\n"
