"""Which sysctls a pod may set, and where they are written."""

from __future__ import annotations

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.spec import sysctls

NODE, POD = cri.NamespaceMode.NODE, cri.NamespaceMode.POD


@pytest.mark.parametrize(
    ("name", "kind", "file"),
    [
        ("net.ipv4.ip_forward", "network", "net/ipv4/ip_forward"),
        ("net/ipv4/ip_forward", "network", "net/ipv4/ip_forward"),
        ("net/ipv4/conf/eth0.1/rp_filter", "network", "net/ipv4/conf/eth0.1/rp_filter"),
        ("net.ipv4.conf.eth0/1.rp_filter", "network", "net/ipv4/conf/eth0.1/rp_filter"),
        ("kernel.shmmax", "ipc", "kernel/shmmax"),
        ("kernel.msgmax", "ipc", "kernel/msgmax"),
        ("kernel.sem", "ipc", "kernel/sem"),
        ("fs.mqueue.msg_max", "ipc", "fs/mqueue/msg_max"),
        ("kernel.domainname", "uts", "kernel/domainname"),
        ("vm.swappiness", "", "vm/swappiness"),
        ("kernel.panic", "", "kernel/panic"),
    ],
)
def test_each_belongs_to_a_namespace_or_to_the_host(name: str, kind: str, file: str) -> None:
    assert sysctls.namespace(name) == kind
    assert sysctls.path(name) == file


def test_those_of_the_pods_own_namespaces_pass() -> None:
    options = cri.NamespaceOption(network=POD, ipc=POD)

    sysctls.check({"net.ipv4.ip_forward": "1", "kernel.shmmax": "1"}, options)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("vm.swappiness", {}, "is the whole host's"),
        ("net/ipv4/../../kernel/panic", {}, "is no name of a sysctl"),
        ("net.ipv4.//.//.kernel.panic", {}, "is no name of a sysctl"),
        ("net.ipv4.ip_forward", {"network": NODE}, "uses the host's network"),
        ("kernel.shmmax", {"ipc": NODE}, "uses the host's ipc"),
        ("kernel.domainname", {"network": NODE}, "uses the host's uts"),
        ("", {}, "is the whole host's"),
    ],
)
def test_those_of_the_host_are_refused(
    name: str, options: dict[str, cri.NamespaceMode.ValueType], message: str
) -> None:
    with pytest.raises(errors.InvalidArgument, match=message):
        sysctls.check({name: "1"}, cri.NamespaceOption(**options))  # type: ignore[arg-type]
