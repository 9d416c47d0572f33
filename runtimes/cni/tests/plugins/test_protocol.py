"""How plugins are called, and what follows from their answers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.cni.network import Bandwidth, Dns, PortMapping
from runtimes.core import deadline, errors, netns

if TYPE_CHECKING:
    from runtimes.cni.plugins.cni import CniNetwork
    from runtimes.cni.tests.conftest import Host
    from runtimes.cni.tests.plugins.conftest import Plugins

pytestmark = pytest.mark.needs_root

FIRST, SECOND = {"type": "first"}, {"type": "second"}


def test_add_runs_all_plugins_each_with_the_result_before(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    plugins.configure({**FIRST, "bridge": "b0"}, SECOND)
    plugins.answer("first", "ADD", {"cniVersion": "1.0.0", "ips": [{"address": "10.9.9.9/8"}]})

    pod = host.pod()

    first, second = plugins.calls()
    assert (first.plugin, second.plugin) == ("first", "second")
    assert first.stdin == {"type": "first", "bridge": "b0", "name": "net", "cniVersion": "1.0.0"}
    assert second.stdin["prevResult"]["ips"] == [{"address": "10.9.9.9/8"}]
    assert pod.result.ips == ("10.1.2.3",)
    assert pod.result.gateway == "10.1.2.1"
    assert pod.result.mac == "02:00:00:00:00:02"


def test_plugins_are_told_the_pod(host: Host, cni: CniNetwork, plugins: Plugins) -> None:
    plugins.configure(FIRST)

    pod = host.pod()

    (call,) = plugins.calls()
    assert call.env == {
        "CNI_COMMAND": "ADD",
        "CNI_CONTAINERID": pod.request.sandbox_id,
        "CNI_NETNS": str(pod.path),
        "CNI_IFNAME": "eth0",
        "CNI_PATH": str(plugins.bin_dir),
        "CNI_ARGS": "IgnoreUnknown=1;K8S_POD_NAMESPACE=test;K8S_POD_NAME=pod1;"
        f"K8S_POD_INFRA_CONTAINER_ID={pod.request.sandbox_id};K8S_POD_UID=u",
    }


def test_loopback_is_up_before_the_first_plugin(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    plugins.configure(FIRST)
    plugins.script(
        "first", "ADD", 'nsenter --net="$CNI_NETNS" busybox ping -c 1 127.0.0.1 >&2 || exit 9\n'
        "cat <<'END'\n" '{"ips": [{"address": "10.0.0.9/24"}]}\nEND\n'
    )  # fmt: skip

    assert host.pod().ip == "10.0.0.9"


def test_run_time_arguments_go_where_they_are_declared(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    cni.set_pod_cidr("10.5.0.0/24")
    cni.set_pod_cidr("10.6.0.0/24")
    plugins.configure(
        {**FIRST, "capabilities": {"portMappings": True, "bandwidth": True, "dns": False}},
        {**SECOND, "capabilities": {"ipRanges": True, "dns": True, "unheard-of": True}},
    )

    host.pod(
        PortMapping("tcp", 80, 8080, "127.0.0.1"),
        PortMapping("udp", 53, 0),
        annotations={"kubernetes.io/ingress-bandwidth": "1M"},
        dns=Dns(("9.9.9.9",), ("svc",), ("ndots:5",)),
    )

    first, second = (call.stdin for call in plugins.calls())
    assert first["runtimeConfig"] == {
        "portMappings": [
            {"hostPort": 8080, "containerPort": 80, "protocol": "tcp", "hostIP": "127.0.0.1"}
        ],
        "bandwidth": {"ingressRate": 1_000_000, "ingressBurst": 2147483647},
    }
    assert second["runtimeConfig"] == {
        "ipRanges": [[{"subnet": "10.5.0.0/24"}]],
        "dns": {"servers": ["9.9.9.9"], "searches": ["svc"], "options": ["ndots:5"]},
    }


def test_nothing_to_say_makes_no_runtime_config(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    plugins.configure({**FIRST, "capabilities": {"portMappings": True, "bandwidth": True}})

    host.pod(bandwidth=Bandwidth())

    assert "runtimeConfig" not in plugins.calls()[0].stdin


def test_a_failed_add_is_undone_and_quoted(host: Host, cni: CniNetwork, plugins: Plugins) -> None:
    plugins.configure(FIRST, SECOND)
    plugins.fail("second", "ADD", 11, "try again later", "the switch is busy")

    with pytest.raises(errors.Unavailable) as raised:
        host.pod()

    for part in ("plugin 'second'", "network 'net'", "test/pod1", "try again later", "switch"):
        assert part in str(raised.value)
    assert plugins.commands() == ["ADD first", "ADD second", "DEL second", "DEL first"]
    assert "prevResult" not in plugins.calls()[-1].stdin
    host.detach("sandbox-pod1")
    assert len(plugins.calls()) == 4


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (1, errors.FailedPrecondition),
        (4, errors.InvalidArgument),
        (5, errors.Unavailable),
        (7, errors.FailedPrecondition),
        (100, errors.Internal),
        (999, errors.Internal),
    ],
)
def test_codes_become_errors(
    host: Host, cni: CniNetwork, plugins: Plugins, *, code: int, expected: type[errors.Error]
) -> None:
    plugins.configure(FIRST)
    plugins.fail("first", "ADD", code, "no")

    with pytest.raises(expected, match=rf"no \[CNI code {code}\]"):
        host.pod()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo panic: oh >&2; exit 2", "status 2 .* panic: oh"),
        ('echo \'{"code": "x"}\'; exit 1', "no CNI error"),
        ("echo nonsense", "no JSON object: nonsense"),
        ("exit 0", "no address"),
        ("kill -9 $$", "status -9"),
        ('echo \'{"ips": [{"address": "nonsense"}]}\'', "makes no sense"),
        ("echo '{\"ips\": [7]}'", "makes no sense"),
    ],
)
def test_answers_that_make_no_sense_are_told_and_undone(
    host: Host, cni: CniNetwork, plugins: Plugins, *, script: str, message: str
) -> None:
    plugins.configure(FIRST)
    plugins.script("first", "ADD", script)

    with pytest.raises(errors.Internal, match=message):
        host.pod()

    assert plugins.commands() == ["ADD first", "DEL first"]


def test_a_plugin_that_hangs_is_killed_with_its_children(
    host: Host, cni: CniNetwork, plugins: Plugins, tmp_path: Path
) -> None:
    plugins.configure(FIRST)
    plugins.script("first", "ADD", f"sleep 60 & echo $$ $! > {tmp_path}/pids; wait")
    request = host.request()

    def attach() -> None:
        with deadline.within(0.5):
            host.network.attach(request)

    start = time.monotonic()
    with pytest.raises(errors.DeadlineExceeded, match="was killed"):
        host.namespace.run(attach)

    assert time.monotonic() - start < 5
    for pid in (tmp_path / "pids").read_text().split():
        while _is_running(int(pid)):
            assert time.monotonic() - start < 10, "a child outlived its plugin"
            time.sleep(0.01)
    host.detach(request)
    assert plugins.commands() == ["ADD first", "DEL first"]


def test_attach_without_configuration_is_refused_and_runs_nothing(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    with pytest.raises(errors.FailedPrecondition, match="cni config uninitialized"):
        host.pod()

    host.detach("sandbox-pod1")
    assert plugins.calls() == []


def test_attach_needs_a_namespace(host: Host, cni: CniNetwork, plugins: Plugins) -> None:
    plugins.configure(FIRST)
    request = host.request()
    netns.delete(request.netns)

    with pytest.raises(errors.NotFound, match=str(request.netns)):
        host.attach(request)


def _is_running(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
