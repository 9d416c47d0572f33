"""Attach and detach: what they give, what they leave, what a crash between them leaves."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.cni import lock
from runtimes.cni.network import PortMapping
from runtimes.core import deadline, errors, netns

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.cni.tests.conftest import Host

pytestmark = pytest.mark.needs_root

HTTP = PortMapping("tcp", 80, 8080)


def test_attach_tells_what_the_pod_has(host: Host) -> None:
    pod = host.pod()

    assert pod.result.ips == ("10.86.0.2",)
    assert pod.result.gateway == "10.86.0.1"
    assert pod.result.interface == "eth0"
    assert "inet 10.86.0.2/16" in pod.shell("ip address show dev eth0")
    assert pod.result.mac in pod.shell("ip link show dev eth0")
    assert pod.shell("ip route show default").startswith("default via 10.86.0.1 dev eth0")


def test_pods_get_the_mtu_of_the_way_out(host: Host) -> None:
    host.shell("ip link set up0 mtu 1400")

    pod = host.pod()

    assert "mtu 1400" in pod.shell("ip link show dev eth0")


def test_addresses_are_not_reused_at_once(host: Host) -> None:
    first = host.pod()
    host.remove(first)

    assert host.pod().ip != first.ip


def test_detach_leaves_nothing(host: Host) -> None:
    pod = host.pod(HTTP, PortMapping("udp", 53, 5353, "203.0.113.2"))

    host.remove(pod)

    host.assert_clean()


def test_detach_silences_a_pod_whose_namespace_lives_on(host: Host) -> None:
    pod, other = host.pod(), host.pod()

    host.detach(pod)

    assert not pod.pings(other.ip)
    assert not host.namespace.pings(pod.ip)


def test_detach_is_idempotent(host: Host) -> None:
    pod = host.pod(HTTP)

    host.detach(pod)
    host.detach(pod)
    host.detach("never-attached")


def test_detach_works_when_the_namespace_is_gone(
    host: Host, until: Callable[[Callable[[], bool], str], None]
) -> None:
    pod = host.pod(HTTP)
    netns.delete(pod.path)
    until(lambda: not host.pod_links(), "the kernel frees the links")

    host.detach(pod)

    host.assert_clean()


@pytest.mark.parametrize("damage", ["", "{", '{"sandbox_id": 1}', "[]"])
def test_detach_works_with_a_damaged_record(host: Host, damage: str) -> None:
    pod = host.pod(HTTP)
    record = host.state_dir / f"bridge/runtimes0/attachments/{pod.request.sandbox_id}.json"
    record.write_text(damage)

    host.remove(pod)

    host.assert_clean()


def test_detach_leaves_alone_what_others_hold_by_now(host: Host) -> None:
    first = host.pod(HTTP)
    record = host.state_dir / f"bridge/runtimes0/attachments/{first.request.sandbox_id}.json"
    stale = record.read_bytes()
    host.detach(first)
    second = host.pod(HTTP)
    record.write_bytes(stale.replace(first.ip.encode(), second.ip.encode()))

    host.detach(first)

    with second.serve(80) as server:
        assert host.namespace.reaches("127.0.0.1", 8080, server)
    assert (host.state_dir / "bridge/runtimes0/addresses" / second.ip).is_symlink()


def test_attach_again_starts_over(host: Host) -> None:
    pod = host.pod(HTTP)

    again = host.attach(pod.request)

    with again.serve(80) as server:
        assert again.reaches("203.0.113.2", 8080, server)
    assert len(host.pod_links()) == 1
    assert [path.name for path in (host.state_dir / "bridge/runtimes0/addresses").iterdir()] == [
        again.ip
    ]


def test_attach_replaces_a_link_whose_record_was_lost(host: Host) -> None:
    pod = host.pod(HTTP)
    (host.state_dir / f"bridge/runtimes0/attachments/{pod.request.sandbox_id}.json").unlink()

    again = host.attach(pod.request)

    with again.serve(80) as server:
        assert host.namespace.reaches("127.0.0.1", 8080, server)


def test_attach_needs_a_namespace(host: Host) -> None:
    request = host.request()
    netns.delete(request.netns)

    with pytest.raises(errors.NotFound, match=str(request.netns)):
        host.attach(request)

    request.netns.touch()
    with pytest.raises(errors.NotFound, match=str(request.netns)):
        host.attach(request)
    request.netns.unlink()


def test_attach_that_fails_leaves_nothing(host: Host) -> None:
    host.pod()
    request = host.request(HTTP)
    netns.enter(request.netns, lambda: os.system("ip link add eth0 type bridge"))

    with pytest.raises(errors.AlreadyExists, match=f"test/{request.name}"):
        host.attach(request)

    assert len(host.pod_links()) == 1
    assert len(host.leftovers()) == 3


@pytest.mark.parametrize("sandbox_id", ["", "../x", "a/b", "x" * 201, ".hidden"])
def test_ids_that_are_no_file_names_are_refused(host: Host, sandbox_id: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="sandbox id"):
        host.pod(sandbox_id=sandbox_id)
    with pytest.raises(errors.InvalidArgument, match="sandbox id"):
        host.detach(sandbox_id)


def test_attach_keeps_to_the_deadline_while_another_call_hangs(host: Host) -> None:
    host.pod()
    request = host.request()

    def attach_in_vain() -> float:
        start = time.monotonic()
        with deadline.within(0.2), pytest.raises(errors.DeadlineExceeded, match="another call"):
            host.network.attach(request)
        return time.monotonic() - start

    def behind_the_lock() -> float:
        lock_path = host.state_dir / "bridge/runtimes0/lock"
        with lock.held(lock_path, "hang", 1.0):
            return attach_in_vain()

    assert host.namespace.run(behind_the_lock) < 2


def test_small_subnet_is_used_up_and_used_again(host: Host) -> None:
    host.reopen(subnet="10.99.0.0/29")
    pods = [host.pod() for _ in range(5)]
    assert [pod.ip for pod in pods] == [f"10.99.0.{n}" for n in range(2, 7)]

    with pytest.raises(errors.ResourceExhausted, match=r"10\.99\.0\.0/29"):
        host.pod()
    host.remove(pods[2])

    replacement = host.pod()
    assert replacement.ip == pods[2].ip
    assert replacement.pings(pods[0].ip)
    assert host.namespace.pings(replacement.ip)


def test_reconcile_frees_what_nobody_owns(
    host: Host, until: Callable[[Callable[[], bool], str], None]
) -> None:
    kept, lost = host.pod(HTTP), host.pod(PortMapping("tcp", 80, 8081))
    orphan = host.pod()
    (host.state_dir / f"bridge/runtimes0/attachments/{orphan.request.sandbox_id}.json").unlink()
    (host.state_dir / "bridge/runtimes0/addresses" / orphan.ip).unlink()

    freed = host.namespace.run(lambda: host.network.reconcile(lambda: [kept.request.sandbox_id]))

    assert freed == (lost.request.sandbox_id,)
    until(lambda: len(host.pod_links()) == 1, "only the living pod's link is left")
    with kept.serve(80) as server:
        assert host.namespace.reaches("127.0.0.1", 8080, server)
    host.remove(kept)
    host.assert_clean()


def test_statistics_count_what_the_pod_sees(host: Host) -> None:
    pod = host.pod()
    before = host.network.statistics(pod.path)[0]
    pod.pings("10.86.0.1")

    (after,) = host.network.statistics(pod.path)

    assert after.name == "eth0"
    assert after.tx_packets > before.tx_packets
    assert after.rx_bytes > before.rx_bytes
    assert after.rx_errors == after.tx_errors == 0


def test_statistics_need_a_namespace(host: Host) -> None:
    with pytest.raises(errors.NotFound):
        host.network.statistics(host.directory / "nothing")
