"""The built-in pod network.

Everything happens in the network namespace of the calling thread, and nothing is kept in memory:
any number of objects, threads and processes may work on one state directory.
"""

from __future__ import annotations

import logging
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from runtimes.cni import bandwidth, lock, statistics
from runtimes.cni.bridge import firewall, host, links, names, reservation, segment
from runtimes.cni.bridge.firewall import Firewall
from runtimes.cni.bridge.segment import BridgeOptions
from runtimes.cni.bridge.state import State
from runtimes.cni.bridge.subnet import gateway
from runtimes.cni.kernel import asking
from runtimes.cni.netlink.connection import ROUTE, Connection
from runtimes.cni.network import AttachResult
from runtimes.cni.sandbox_id import check_sandbox_id
from runtimes.core import deadline, errors, netns

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from pathlib import Path

    from runtimes.cni.bridge.links import Segment
    from runtimes.cni.network import AttachRequest, DetachRequest, InterfaceStatistics, PodNetwork

_log = logging.getLogger(__name__)

_PATIENCE = 60.0


class BuiltinBridge:
    """A bridge with NAT and host ports over netlink; implements `PodNetwork`."""

    def __init__(self, state_dir: Path, options: BridgeOptions | None = None) -> None:
        """Keep state below `state_dir`; change nothing on the host yet.

        Raises:
            InvalidArgument: the options can't work.
        """
        self._options = options or BridgeOptions()
        self._options.validate()
        self._state = State(state_dir / self._options.name)

    @property
    def name(self) -> str:
        return "bridge"

    def status(self) -> str | None:
        return host.obstacle(self._state, self._options)

    def attach(self, request: AttachRequest) -> AttachResult:
        what = f"attach pod '{request.namespace}/{request.name}' to bridge {self._options.name}"
        check_sandbox_id(request.sandbox_id)
        bandwidth.of(request)  # a mistake is told before anything is touched
        if not netns.is_pinned(request.netns):
            raise errors.NotFound(f"{what}: no network namespace is at {request.netns}")
        with self._changing(what), Connection(ROUTE) as connection:
            if self._state.is_recorded(request.sandbox_id):
                self._undo(connection, request.sandbox_id, wait=True)
            ready = segment.ensure(connection, self._state, self._options)
            rules = Firewall(self._options.name, ready.networks)
            rules.ensure(self._state.attachments())
            deadline.check(what)
            attachment = reservation.make(self._state, request, ready.networks)
            with ExitStack() as undo:
                undo.callback(self._undo, connection, request.sandbox_id, wait=True)
                mac = self._plug(connection, ready, request, attachment.ips)
                rules.publish(attachment, self._state.attachments())
                undo.pop_all()
        first_gateway = str(gateway(ready.networks[0]).ip)
        return AttachResult(attachment.ips, names.POD_INTERFACE, first_gateway, mac)

    def detach(self, request: DetachRequest) -> None:
        check_sandbox_id(request.sandbox_id)
        what = f"detach sandbox '{request.sandbox_id}' from bridge {self._options.name}"
        with self._changing(what), Connection(ROUTE) as connection:
            self._undo(connection, request.sandbox_id, wait=False)

    def reconcile(self, live_sandbox_ids: Callable[[], Collection[str]]) -> tuple[str, ...]:
        what = f"reconcile bridge {self._options.name}"
        freed: list[str] = []
        with self._changing(what), Connection(ROUTE) as connection:
            recorded = self._state.sandbox_ids()
            alive = set(live_sandbox_ids())
            for sandbox_id in sorted(recorded - alive):
                try:
                    self._undo(connection, sandbox_id, wait=True)
                    freed.append(sandbox_id)
                except (OSError, errors.Error) as error:
                    _log.warning("reconcile failed sandbox_id=%s error=%s", sandbox_id, error)
            self._sweep(connection, alive)
        return tuple(freed)

    def statistics(self, netns: Path) -> tuple[InterfaceStatistics, ...]:
        return statistics.read(netns)

    def uninstall(self) -> None:
        """Remove bridge and rules from the host; the next attach makes them again. Idempotent.

        Kernel settings stay: others may rely on forwarding by now.

        Raises:
            FailedPrecondition: pods are attached.
        """
        what = f"uninstall bridge {self._options.name}"
        with self._changing(what), Connection(ROUTE) as connection:
            holders = self._state.sandbox_ids()
            if holders:
                raise errors.FailedPrecondition(
                    f"{what}: {len(holders)} pods are attached, e.g. sandbox {min(holders)}; "
                    "remove them first"
                )
            self._sweep(connection, ())
            links.delete(connection, self._options.name)
            firewall.uninstall(self._options.name)
            self._state.forget_networks()

    @contextmanager
    def _changing(self, what: str) -> Iterator[None]:
        """Hold the lock, and translate what the kernel says."""
        with asking(what), lock.held(self._state.lock, what, _PATIENCE):
            self._state.prepare()
            yield

    def _plug(
        self, connection: Connection, ready: Segment, request: AttachRequest, ips: tuple[str, ...]
    ) -> str:
        """Connect the pod; return its MAC."""
        host_name = names.host_interface(request.sandbox_id)
        limits = bandwidth.of(request)
        plug = partial(
            links.connect, ready, host_name, request.netns, ips, egress_bps=limits.egress_bps
        )
        try:
            mac = plug()
        except FileExistsError:  # of an attach whose record was lost
            links.delete(connection, host_name)
            mac = plug()
        hairpin = any(mapping.host_port for mapping in request.port_mappings)
        links.tune(connection, host_name, hairpin=hairpin, ingress_bps=limits.ingress_bps)
        links.await_bridge(connection, self._options.name)
        return mac

    def _undo(self, connection: Connection, sandbox_id: str, *, wait: bool) -> None:
        """Undo whatever an attach did: ports, link, and last the addresses and the record.

        `wait` until the link is gone, else it is silenced and the kernel frees it later.
        """
        attachment = reservation.find(self._state, sandbox_id)
        firewall.withdraw(self._options.name, attachment)
        unplug = links.delete if wait else links.cut_off
        unplug(connection, names.host_interface(sandbox_id))
        reservation.free(self._state, attachment)

    def _sweep(self, connection: Connection, alive: Collection[str]) -> None:
        """Delete the links of pods that nobody knows any more."""
        bridge = links.find(connection, self._options.name)
        known = set(map(names.host_interface, {*alive, *self._state.sandbox_ids()}))
        for link in links.ports(connection, bridge) if bridge else ():
            if link.name.startswith(names.HOST_PREFIX) and link.name not in known:
                links.delete(connection, link.name)


if TYPE_CHECKING:

    def _implements(bridge: BuiltinBridge) -> PodNetwork:
        return bridge
