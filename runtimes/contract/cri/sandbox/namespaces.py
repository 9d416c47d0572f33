"""Which namespaces containers of a pod share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.requires import requires
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def namespace(contract: Bench, kind: str) -> str:
    return contract.output(f"readlink /proc/self/ns/{kind}")


def test_a_container_is_pid_1_of_its_own_namespace(contract: Bench) -> None:
    assert contract.output("echo $$") == "1"


def test_containers_with_their_own_pid_namespace_do_not_see_each_other(contract: Bench) -> None:
    assert namespace(contract, "pid") != namespace(contract, "pid")


def test_containers_of_a_pod_share_ipc_and_host_name(contract: Bench) -> None:
    assert namespace(contract, "ipc") == namespace(contract, "ipc")
    assert namespace(contract, "uts") == namespace(contract, "uts")


def test_each_container_has_its_own_mounts(contract: Bench) -> None:
    assert namespace(contract, "mnt") != namespace(contract, "mnt")


@requires(Capability.POD_PID_NAMESPACE)
def test_containers_of_a_pod_with_a_shared_pid_namespace_see_each_other(contract: Bench) -> None:
    config = contract.sandbox_config()
    config.linux.security_context.namespace_options.pid = cri.POD
    sandbox = contract.new_sandbox(config)
    first = contract.config("sleep", "76543")
    second = contract.script("cat /proc/[0-9]*/cmdline | tr '\\0' ' '")
    for container in (first, second):
        container.linux.security_context.namespace_options.pid = cri.POD
    contract.start(first, sandbox)

    ended = contract.finish(second, sandbox)

    assert "sleep 76543" in ended.log
