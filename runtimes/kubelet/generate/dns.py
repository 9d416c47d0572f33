"""A pod's resolver settings, by its DNS policy.

Source: kubelet pkg/kubelet/network/dns/dns.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.core.pod import v1

MAX_SERVERS = 3
MAX_SEARCHES = 32
MAX_SEARCH_TEXT = 2048
_MAX_SEARCH = 253
CLUSTER_OPTIONS = ("ndots:5",)


@dataclass(frozen=True, slots=True)
class Resolver:
    """What a resolv.conf says."""

    servers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClusterDns:
    """Name servers of the cluster, none when there is no cluster, and its domain."""

    servers: tuple[str, ...] = ()
    domain: str = "cluster.local"


def parse_resolv_conf(text: str) -> Resolver:
    """Read a resolv.conf; the last search line counts, a sole dot is dropped."""
    servers: list[str] = []
    searches: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    for line in text.splitlines():
        words = line.split("#")[0].split(";")[0].split()
        if not words:
            continue
        if words[0] == "nameserver" and len(words) > 1:
            servers.append(words[1])
        elif words[0] in {"search", "domain"}:
            trimmed = (word if word == "." else word.rstrip(".") for word in words[1:])
            searches = tuple(word for word in trimmed if word != ".")
        elif words[0] == "options":
            options = _merged_options(options, words[1:])
    return Resolver(tuple(servers), searches, options)


def pod_resolver(pod: v1.Pod, cluster: ClusterDns, node: Resolver) -> Resolver:
    """Combine the policy's settings with the pod's own dnsConfig, as far as resolvers take them."""
    return _limited(_combined(pod, cluster, node))


def omissions(pod: v1.Pod, cluster: ClusterDns, node: Resolver) -> tuple[str, ...]:
    """Say what of it `pod_resolver` has left out, in kubelet's words; empty for nothing."""
    asked = _combined(pod, cluster, node)
    given = _limited(asked)
    told = []
    if asked.servers != given.servers:
        told.append(
            "Nameserver limits were exceeded, some nameservers have been omitted,"
            f" the applied nameserver line is: {' '.join(given.servers)}"
        )
    if asked.searches != given.searches:
        told.append(
            "Search Line limits were exceeded, some search paths have been omitted,"
            f" the applied search line is: {' '.join(given.searches)}"
        )
    return tuple(told)


def _combined(pod: v1.Pod, cluster: ClusterDns, node: Resolver) -> Resolver:
    resolver = _of_policy(pod, cluster, node)
    extra = pod.spec.dns_config
    if extra is not None:
        options = (f"{o.name}:{o.value}" if o.value else o.name for o in extra.options)
        resolver = Resolver(
            _unique((*resolver.servers, *extra.nameservers)),
            _unique((*resolver.searches, *extra.searches)),
            _merged_options(resolver.options, options),
        )
    return resolver


def _of_policy(pod: v1.Pod, cluster: ClusterDns, node: Resolver) -> Resolver:
    policy = pod.spec.dns_policy or "ClusterFirst"
    if policy == "None":
        return Resolver()
    wants_cluster = policy == "ClusterFirstWithHostNet" or (
        policy == "ClusterFirst" and not pod.spec.host_network
    )
    if not (wants_cluster and cluster.servers):
        return node
    domain = cluster.domain
    searches = (f"{pod.metadata.namespace}.svc.{domain}", f"svc.{domain}", domain)
    return Resolver(
        cluster.servers,
        _unique((*searches, *node.searches)) if domain else node.searches,
        CLUSTER_OPTIONS,
    )


def _unique(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


def _merged_options(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    by_name = {option.split(":")[0]: option for option in first}
    by_name.update({option.split(":")[0]: option for option in second})
    return tuple(by_name.values())


def _limited(resolver: Resolver) -> Resolver:
    searches: list[str] = []
    for search in resolver.searches:
        text = " ".join([*searches, search])
        if len(search) > _MAX_SEARCH:
            continue
        if len(searches) == MAX_SEARCHES or len(text) > MAX_SEARCH_TEXT:
            break
        searches.append(search)
    return Resolver(resolver.servers[:MAX_SERVERS], tuple(searches), resolver.options)
