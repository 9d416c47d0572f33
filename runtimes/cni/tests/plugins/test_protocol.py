"""How plugins are called, and what follows from their answers."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.cni import netns
from runtimes.cni.network import Bandwidth, DetachRequest, Dns, PortMapping
from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from collections.abc import Callable

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


def test_del_runs_backwards_with_the_result_and_configuration_of_add(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    plugins.configure({**FIRST, "capabilities": {"portMappings": True}}, SECOND)
    pod = host.pod(PortMapping("tcp", 80, 8080))
    plugins.configure({"type": "other"}, name="changed since")

    host.detach(pod)

    assert plugins.commands() == ["ADD first", "ADD second", "DEL second", "DEL first"]
    add, *_, delete = plugins.calls()
    assert delete.stdin["name"] == "net"
    assert delete.stdin["prevResult"]["ips"][0]["address"] == "10.1.2.3/24"
    assert delete.stdin["runtimeConfig"] == add.stdin["runtimeConfig"]
    assert delete.env == {**add.env, "CNI_COMMAND": "DEL"}


def test_del_gets_no_result_in_versions_that_knew_none(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    plugins.configure(FIRST, cniVersion="0.3.1")

    host.detach(host.pod())

    assert "prevResult" not in plugins.calls()[-1].stdin


def test_detach_is_idempotent(host: Host, cni: CniNetwork, plugins: Plugins) -> None:
    plugins.configure(FIRST)
    pod = host.pod()

    host.detach(pod)
    host.detach(pod)
    host.detach("never-attached")

    assert plugins.commands() == ["ADD first", "DEL first"]


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


def test_a_failed_undo_does_not_hide_why_add_failed(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    plugins.configure(FIRST)
    plugins.fail("first", "ADD", 5, "the real reason")
    plugins.fail("first", "DEL", 5, "another one")

    with pytest.raises(errors.Unavailable, match="the real reason"):
        host.pod()
    with pytest.raises(errors.Unavailable, match="another one"):
        host.detach("sandbox-pod1")

    plugins.relent("first", "DEL")
    host.detach("sandbox-pod1")
    assert plugins.commands() == ["ADD first"] + ["DEL first"] * 3


def test_one_failing_del_keeps_no_other_from_running(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    plugins.configure(FIRST, SECOND)
    pod = host.pod()
    plugins.fail("second", "DEL", 5, "stuck")

    with pytest.raises(errors.Unavailable, match="stuck"):
        host.detach(pod)

    assert plugins.commands()[2:] == ["DEL second", "DEL first"]


def test_a_namespace_that_is_gone_is_told_to_plugins_as_such(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    plugins.configure(FIRST)
    pod = host.pod()
    netns.delete(pod.path)

    host.detach(pod)

    assert plugins.calls()[-1].env["CNI_NETNS"] == ""


@pytest.mark.parametrize(
    ("code", "message"), [(3, "unknown container"), (999, "open x: No such file or directory")]
)
def test_complaints_that_everything_is_gone_are_success(
    host: Host, cni: CniNetwork, plugins: Plugins, *, code: int, message: str
) -> None:
    plugins.configure(FIRST)
    pod = host.pod()
    netns.delete(pod.path)
    plugins.fail("first", "DEL", code, message)

    host.detach(pod)
    host.detach(pod)

    assert plugins.commands() == ["ADD first", "DEL first"]


def test_the_same_complaint_counts_while_the_namespace_is_there(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    plugins.configure(FIRST)
    pod = host.pod()
    plugins.fail("first", "DEL", 999, "open /var/lib/ipam: no such file or directory")

    with pytest.raises(errors.Internal, match="/var/lib/ipam"):
        host.detach(pod)


def test_attach_again_deletes_first(host: Host, cni: CniNetwork, plugins: Plugins) -> None:
    plugins.configure(FIRST)
    pod = host.pod()

    host.attach(pod.request)

    assert plugins.commands() == ["ADD first", "DEL first", "ADD first"]


def test_a_damaged_record_is_deleted_by_the_configuration_of_now(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    plugins.configure({**FIRST, "capabilities": {"portMappings": True}})
    pod = host.pod()
    (plugins.root / "cache/attempts" / f"{pod.request.sandbox_id}.json").write_text("{")

    cni.detach(
        DetachRequest(
            pod.request.sandbox_id, "n", "ns", "u", pod.path, (PortMapping("tcp", 80, 8080),)
        )
    )

    call = plugins.calls()[-1]
    assert call.command == "DEL"
    assert call.stdin["runtimeConfig"]["portMappings"][0]["hostPort"] == 8080
    assert call.env["CNI_NETNS"] == str(pod.path)
    host.detach(pod)
    assert plugins.commands() == ["ADD first", "DEL first"]


def test_a_kill_during_add_is_followed_by_del(
    host: Host,
    cni: CniNetwork,
    plugins: Plugins,
    until: Callable[[Callable[[], bool], str], None],
) -> None:
    plugins.configure(FIRST, SECOND)
    plugins.script("second", "ADD", "exec sleep 60")
    request = host.request()
    child = os.fork()
    if child == 0:
        host.attach(request)
        os._exit(0)
    until(lambda: plugins.commands() == ["ADD first", "ADD second"], "the second plugin runs")

    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    host.detach(request)

    assert plugins.commands()[2:] == ["DEL second", "DEL first"]


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
        assert not _is_running(int(pid))
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


def test_a_stop_that_races_with_an_attach_waits_and_then_deletes(
    host: Host,
    cni: CniNetwork,
    plugins: Plugins,
    until: Callable[[Callable[[], bool], str], None],
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    plugins.configure(FIRST)
    plugins.script(
        "first", "ADD", f"while [ ! -e {plugins.root}/go ]; do sleep 0.01; done\n"
        "cat <<'END'\n" '{"ips": [{"address": "10.0.0.9/24"}]}\nEND\n'
    )  # fmt: skip
    request = host.request()
    with ThreadPoolExecutor(2) as pool:
        attaching = pool.submit(host.attach, request)
        until(lambda: plugins.commands() == ["ADD first"], "the plugin runs")
        stopping = pool.submit(host.detach, request)
        (plugins.root / "go").touch()
        attaching.result()
        stopping.result()

    assert plugins.commands() == ["ADD first", "DEL first"]


def test_reconcile_deletes_what_nobody_owns(host: Host, cni: CniNetwork, plugins: Plugins) -> None:
    plugins.configure(FIRST)
    kept, lost, stuck = host.pod(), host.pod(), host.pod()
    plugins.script("first", "DEL", f"[ $CNI_CONTAINERID != {stuck.request.sandbox_id} ] || exit 1")

    freed = cni.reconcile(lambda: [kept.request.sandbox_id])

    assert freed == (lost.request.sandbox_id,)
    assert {call.env["CNI_CONTAINERID"] for call in plugins.calls() if call.command == "DEL"} == {
        lost.request.sandbox_id,
        stuck.request.sandbox_id,
    }


def _is_running(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
