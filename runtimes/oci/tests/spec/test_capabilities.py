"""Adding and dropping capabilities."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.host.capabilities import NAMES
from runtimes.oci.spec import capabilities

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.oci.host.facts import HostFacts
    from runtimes.oci.spec.request import SpecRequest

    Make = Callable[..., SpecRequest]

DEFAULT = capabilities.DEFAULT
EVERY = frozenset(NAMES)


def _config(
    add: tuple[str, ...] = (), drop: tuple[str, ...] = (), ambient: tuple[str, ...] = ()
) -> cri.ContainerConfig:
    asked = cri.Capability(
        add_capabilities=add, drop_capabilities=drop, add_ambient_capabilities=ambient
    )
    context = cri.LinuxContainerSecurityContext(capabilities=asked)
    return cri.ContainerConfig(linux=cri.LinuxContainerConfig(security_context=context))


@pytest.mark.parametrize(
    ("add", "drop", "left"),
    [
        ((), (), DEFAULT),
        (("NET_ADMIN",), (), DEFAULT | {"CAP_NET_ADMIN"}),
        (("CAP_NET_ADMIN",), (), DEFAULT | {"CAP_NET_ADMIN"}),
        (("net_admin",), (), DEFAULT | {"CAP_NET_ADMIN"}),
        ((), ("KILL",), DEFAULT - {"CAP_KILL"}),
        ((), ("ALL",), frozenset()),
        ((), ("all",), frozenset()),
        (("CHOWN",), ("ALL",), frozenset({"CAP_CHOWN"})),
        (("ALL",), (), EVERY),
        (("ALL",), ("SYS_ADMIN",), EVERY - {"CAP_SYS_ADMIN"}),
        (("ALL", "CHOWN"), ("ALL",), frozenset({"CAP_CHOWN"})),
        (("KILL",), ("KILL",), DEFAULT - {"CAP_KILL"}),
    ],
)
def test_all_comes_first_then_names_then_drops(
    make: Callable[..., SpecRequest],
    add: tuple[str, ...],
    drop: tuple[str, ...],
    left: frozenset[str],
) -> None:
    found = capabilities.container(make(_config(add, drop)))

    assert set(found["bounding"]) == left
    assert found["effective"] == found["permitted"] == found["bounding"]
    assert found["inheritable"] == found["ambient"] == []


def test_the_default_set_is_the_fourteen_of_docker() -> None:
    assert len(DEFAULT) == 14
    assert "CAP_SYS_ADMIN" not in DEFAULT


def test_ambient_capabilities_join_every_set(make: Make) -> None:
    found = capabilities.container(make(_config(drop=("ALL",), ambient=("NET_BIND_SERVICE",))))

    assert all(names == ["CAP_NET_BIND_SERVICE"] for names in found.values())


@pytest.mark.parametrize("field", ["add", "drop", "ambient"])
def test_unknown_capabilities_are_refused(make: Make, field: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="'SUDO' is not a Linux capability"):
        capabilities.container(make(_config(**{field: ("SUDO",)})))


def test_the_privileged_get_all_that_the_host_grants(make: Make, host: HostFacts) -> None:
    config = cri.ContainerConfig()
    config.linux.security_context.privileged = True
    poor = replace(host, bounding=EVERY - {"CAP_SYS_RESOURCE"})

    assert set(capabilities.container(make(config))["bounding"]) == EVERY
    assert set(capabilities.container(make(config, host=poor))["effective"]) == poor.bounding


def test_what_the_host_lacks_is_left_out_of_every_set(make: Make, host: HostFacts) -> None:
    poor = replace(host, bounding=frozenset({"CAP_CHOWN"}))

    found = capabilities.container(make(_config(ambient=("SYS_ADMIN",)), host=poor))

    assert found["bounding"] == ["CAP_CHOWN"]
    assert found["ambient"] == []
