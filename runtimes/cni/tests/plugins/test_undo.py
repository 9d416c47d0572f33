"""DEL: after every ADD that was begun, until it has succeeded."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from runtimes.cni.network import DetachRequest, PortMapping
from runtimes.core import errors, netns

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.cni.plugins.cni import CniNetwork
    from runtimes.cni.tests.conftest import Host
    from runtimes.cni.tests.plugins.conftest import Plugins

pytestmark = pytest.mark.needs_root

ATTACH = """
import pathlib, sys
from runtimes.core import netns
from runtimes.cni.network import AttachRequest
from runtimes.cni.plugins.cni import CniNetwork
root, host, sandbox_id, pod = sys.argv[1:]
root = pathlib.Path(root)
network = CniNetwork(root / "conf", (root / "bin",), root / "cache")
request = AttachRequest(sandbox_id, "pod", "test", "u", pathlib.Path(pod))
netns.enter(pathlib.Path(host), lambda: network.attach(request))
"""

FIRST, SECOND = {"type": "first"}, {"type": "second"}


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


def test_what_the_caller_knows_to_be_due_is_deleted_without_a_record(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    plugins.configure(FIRST)

    cni.detach(DetachRequest("lost", "n", "ns", "u", due=True))

    (call,) = plugins.calls()
    assert (call.command, call.env["CNI_CONTAINERID"], call.env["CNI_NETNS"]) == ("DEL", "lost", "")
    assert "K8S_POD_NAME=n" in call.env["CNI_ARGS"]


def test_del_without_a_record_has_the_ip_ranges_that_add_had(
    host: Host, cni: CniNetwork, plugins: Plugins
) -> None:
    plugins.configure({**FIRST, "capabilities": {"ipRanges": True}})
    cni.set_pod_cidr("10.5.0.0/24")
    pod = host.pod()
    host.detach(pod)

    cni.detach(DetachRequest("lost", due=True))

    add, _, lost = plugins.calls()
    assert lost.stdin["runtimeConfig"] == add.stdin["runtimeConfig"]
    assert lost.stdin["runtimeConfig"] == {"ipRanges": [[{"subnet": "10.5.0.0/24"}]]}


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
    begun = [str(plugins.root), str(host.namespace.path), request.sandbox_id, str(request.netns)]
    child = subprocess.Popen([sys.executable, "-c", ATTACH, *begun])
    until(lambda: plugins.commands() == ["ADD first", "ADD second"], "the second plugin runs")

    child.kill()
    child.wait()
    host.detach(request)

    assert plugins.commands()[2:] == ["DEL second", "DEL first"]


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
