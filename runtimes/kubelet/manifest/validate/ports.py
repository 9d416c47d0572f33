"""Ports of containers.

Source: kubernetes pkg/apis/core/validation/validation.go (validateContainerPorts).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.problem import Path, Problem
from runtimes.kubelet.manifest.validate import names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runtimes.core.pod import v1


def check_ports(ports: tuple[v1.ContainerPort, ...], path: Path) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, port in enumerate(ports):
        place = (*path, index)
        if port.name:
            problem = names.port_name(port.name)
            if port.name in seen:
                problem = f"'{port.name}' is the name of another port of this container"
            seen.add(port.name)
            if problem:
                yield Problem((*place, "name"), problem)
        yield from _numbers(port, place)


def _numbers(port: v1.ContainerPort, path: Path) -> Iterator[Problem]:
    problems = {
        "containerPort": names.port_number(port.container_port or 0),
        "hostPort": names.port_number(port.host_port) if port.host_port else None,
        "hostIP": names.ip(port.host_ip) if port.host_ip else None,
    }
    for name, problem in problems.items():
        if problem:
            yield Problem((*path, name), problem)


def check_host_ports(containers: Iterable[tuple[v1.Container, Path]]) -> Iterator[Problem]:
    """Judge containers that run at the same time: no two can have the same port of the host."""
    owners: dict[tuple[str, str, int], str] = {}
    for container, path in containers:
        for index, port in enumerate(container.ports):
            if not port.host_port:
                continue
            key = (port.protocol, port.host_ip, port.host_port)
            if key in owners:
                message = f"{port.host_port}/{port.protocol} is taken by container '{owners[key]}'"
                yield Problem((*path, "ports", index, "hostPort"), message)
            owners.setdefault(key, container.name)


def check_host_network(container: v1.Container, path: Path) -> Iterator[Problem]:
    """Judge a container on the host's network, where a port can't be moved."""
    for index, port in enumerate(container.ports):
        if port.host_port != port.container_port:
            message = f"must be {port.container_port} as containerPort is, with hostNetwork"
            yield Problem((*path, "ports", index, "hostPort"), message)
