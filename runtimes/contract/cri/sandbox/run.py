"""RunPodSandbox: identity, hostname, DNS, errors; networks and namespaces have their own files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.requires import requires
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def test_run_sandbox_is_ready_when_it_returns(contract: Bench) -> None:
    status = contract.service.pod_sandbox_status(contract.sandbox.id).status

    assert status.state == cri.SANDBOX_READY


def test_run_sandbox_gives_each_its_own_id(contract: Bench) -> None:
    assert contract.new_sandbox().id != contract.new_sandbox().id


def test_run_sandbox_of_the_same_name_uid_and_attempt_is_refused(contract: Bench) -> None:
    config = contract.sandbox.config

    with pytest.raises(errors.AlreadyExists):
        contract.new_sandbox(config)


def test_run_sandbox_again_with_the_next_attempt_succeeds(contract: Bench) -> None:
    config = cri.PodSandboxConfig()
    config.CopyFrom(contract.sandbox.config)
    config.metadata.attempt += 1

    second = contract.new_sandbox(config)

    assert contract.service.pod_sandbox_status(second.id).status.metadata == config.metadata


def test_run_sandbox_without_metadata_is_an_invalid_argument(contract: Bench) -> None:
    config = contract.sandbox_config()
    config.ClearField("metadata")

    with pytest.raises(errors.InvalidArgument):
        contract.new_sandbox(config)


def test_run_sandbox_with_an_unknown_handler_is_an_invalid_argument(contract: Bench) -> None:
    with pytest.raises(errors.InvalidArgument):
        contract.new_sandbox(runtime_handler="no-such-handler")


@requires(Capability.RUNTIME_HANDLERS)
def test_each_other_runtime_handler_runs_containers(contract: Bench) -> None:
    listed = [one.name for one in contract.service.status().runtime_handlers if one.name]
    handlers = contract.run.subject.handlers or listed
    assert handlers
    for handler in handlers:
        sandbox = contract.new_sandbox(runtime_handler=handler)

        ended = contract.finish(contract.script("echo works; exit 3"), sandbox)

        assert (ended.log, ended.status.exit_code) == ("works\n", 3)
        status = contract.service.pod_sandbox_status(sandbox.id).status
        assert status.runtime_handler == handler


def test_a_refused_sandbox_leaves_nothing(contract: Bench) -> None:
    config = contract.sandbox_config()
    with pytest.raises(errors.Error):
        contract.new_sandbox(config, "no-such-handler")

    listed = contract.service.list_pod_sandbox()

    assert config.metadata.uid not in [item.metadata.uid for item in listed]


def test_the_pods_hostname_is_the_configs(contract: Bench) -> None:
    assert contract.output("hostname") == contract.sandbox.config.hostname


def test_the_pods_name_servers_are_the_configs(contract: Bench) -> None:
    config = contract.sandbox_config()
    config.dns_config.servers.extend(["192.0.2.53", "192.0.2.54"])
    config.dns_config.searches.extend(["ns.svc.cluster.local", "cluster.local"])
    config.dns_config.options.extend(["ndots:5", "timeout:3"])
    sandbox = contract.new_sandbox(config)

    text = contract.finish(contract.config("cat", "/etc/resolv.conf"), sandbox).log

    lines = [line.split() for line in text.splitlines()]
    servers = [line[1] for line in lines if line[0] == "nameserver"]
    assert servers == ["192.0.2.53", "192.0.2.54"]
    assert ["search", "ns.svc.cluster.local", "cluster.local"] in lines
    assert ["options", "ndots:5", "timeout:3"] in lines


@requires(Capability.SYSCTLS)
def test_a_sysctl_of_the_pod_holds_in_its_containers(contract: Bench) -> None:
    config = contract.sandbox_config()
    config.linux.sysctls["net.ipv4.ip_local_port_range"] = "10000 20000"
    sandbox = contract.new_sandbox(config)

    path = "/proc/sys/net/ipv4/ip_local_port_range"
    text = contract.finish(contract.config("cat", path), sandbox).log

    assert text.split() == ["10000", "20000"]
