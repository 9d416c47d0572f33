"""How a pod finds names.

Source: kubernetes pkg/apis/core/validation/validation.go (validatePodDNSConfig,
ValidateHostAliases).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.problem import Path, Problem
from runtimes.kubelet.manifest.validate import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1

MAX_NAMESERVERS = 3
MAX_SEARCHES = 32
MAX_SEARCH_CHARACTERS = 2048


def check_dns(spec: v1.PodSpec, path: Path) -> Iterator[Problem]:
    config = spec.dns_config
    place = (*path, "dnsConfig")
    if spec.dns_policy == "None" and not (config and config.nameservers):
        yield Problem((*place, "nameservers"), "required with dnsPolicy 'None', but not given")
    if config:
        yield from _nameservers(config.nameservers, (*place, "nameservers"))
        yield from _searches(config.searches, (*place, "searches"))
        for index, option in enumerate(config.options):
            if not option.name:
                yield Problem((*place, "options", index, "name"), "required, but not given")
    for index, alias in enumerate(spec.host_aliases):
        yield from _alias(alias, (*path, "hostAliases", index))


def _nameservers(servers: tuple[str, ...], path: Path) -> Iterator[Problem]:
    if len(servers) > MAX_NAMESERVERS:
        yield Problem(path, f"has {len(servers)} servers, more than {MAX_NAMESERVERS}")
    for index, server in enumerate(servers):
        problem = names.ip(server)
        if problem:
            yield Problem((*path, index), problem)


def _searches(searches: tuple[str, ...], path: Path) -> Iterator[Problem]:
    if len(searches) > MAX_SEARCHES:
        yield Problem(path, f"has {len(searches)} domains, more than {MAX_SEARCHES}")
    if len(" ".join(searches)) > MAX_SEARCH_CHARACTERS:
        yield Problem(path, f"has more than {MAX_SEARCH_CHARACTERS} characters in all")
    for index, domain in enumerate(searches):
        problem = names.search_domain(domain)
        if problem:
            yield Problem((*path, index), problem)


def _alias(alias: v1.HostAlias, path: Path) -> Iterator[Problem]:
    problem = names.ip(alias.ip)
    if problem:
        yield Problem((*path, "ip"), problem)
    for index, name in enumerate(alias.hostnames):
        problem = names.dns_subdomain(name)
        if problem:
            yield Problem((*path, "hostnames", index), problem)
