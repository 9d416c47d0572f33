"""Pod networks by CNI plugins, as kubelet and its runtimes drive them.

A sandbox is on record from before its first ADD until its last DEL has succeeded; so an ADD that
failed, timed out or was killed is always followed by DEL.

Source: the CNI specification, section 3; kubelet's dockershim/network/cni/cni.go.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.cni import lock, loopback, statistics
from runtimes.cni.kernel import asking
from runtimes.cni.network import DetachRequest
from runtimes.cni.plugins import attempt, chain, execute, result
from runtimes.cni.plugins.cache import Cache
from runtimes.cni.plugins.discovery import Discovery
from runtimes.cni.sandbox_id import check_sandbox_id
from runtimes.core import errors, netns

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from runtimes.cni.network import (
        AttachRequest,
        AttachResult,
        InterfaceStatistics,
        PodNetwork,
    )
    from runtimes.cni.plugins.attempt import Attempt
    from runtimes.cni.plugins.config import NetworkConfig

_log = logging.getLogger(__name__)


class CniNetwork:
    """Runs the plugins of one configuration directory; implements `PodNetwork`."""

    def __init__(
        self, conf_dir: Path, bin_dirs: tuple[Path, ...], cache_dir: Path, *, pod_cidr: str = ""
    ) -> None:
        """Remember where things are; nothing is read or run yet.

        `pod_cidr` goes to plugins that declare the capability ``ipRanges``.
        """
        self._bin_dirs = bin_dirs
        self._cache = Cache(cache_dir)
        self._discovery = Discovery(conf_dir, bin_dirs)
        self._pod_cidr = pod_cidr

    @property
    def name(self) -> str:
        return "cni"

    def set_pod_cidr(self, cidr: str) -> None:
        """Set the pods' range; once it is set, later ones are ignored, as kubelet's plugin does."""
        if cidr and not self._pod_cidr:
            self._pod_cidr = cidr

    def status(self) -> str | None:
        found = self._discovery.look()
        if found.network is None:
            return found.obstacle
        if found.network.needs_ip_ranges and not self._pod_cidr:
            return "cni config needs ipRanges but no PodCIDR set"
        return None

    def attach(self, request: AttachRequest) -> AttachResult:
        what = f"attach pod '{request.namespace}/{request.name}' (sandbox {request.sandbox_id})"
        check_sandbox_id(request.sandbox_id)
        if not netns.is_pinned(request.netns):
            raise errors.NotFound(f"{what}: no network namespace is at {request.netns}")
        undoing = _undoing(request)
        with self._locked(request.sandbox_id, what):
            if self._cache.is_recorded(request.sandbox_id):
                self._undo(undoing)
            begun = attempt.begin(request, self._network(what), self._pod_cidr)
            self._cache.save(begun)
            try:
                return self._add(begun, what)
            except BaseException:
                with contextlib.suppress(errors.Error):
                    self._undo(undoing)
                raise

    def detach(self, request: DetachRequest) -> None:
        check_sandbox_id(request.sandbox_id)
        with self._locked(request.sandbox_id, f"detach sandbox {request.sandbox_id}"):
            if request.due or self._cache.is_recorded(request.sandbox_id):
                self._undo(request)

    def reconcile(self, live_sandbox_ids: Callable[[], Collection[str]]) -> tuple[str, ...]:
        recorded = self._cache.sandbox_ids()
        freed: list[str] = []
        for sandbox_id in sorted(recorded - set(live_sandbox_ids())):
            try:
                self.detach(DetachRequest(sandbox_id))
                freed.append(sandbox_id)
            except errors.Error as error:
                _log.warning("reconcile failed sandbox_id=%s error=%s", sandbox_id, error)
        return tuple(freed)

    def statistics(self, netns: Path) -> tuple[InterfaceStatistics, ...]:
        return statistics.read(netns)

    def _locked(self, sandbox_id: str, what: str) -> contextlib.AbstractContextManager[None]:
        return lock.held(self._cache.lock_path(sandbox_id), what, execute.TIMEOUT)

    def _network(self, what: str) -> NetworkConfig:
        obstacle, network = self.status(), self._discovery.look().network
        if obstacle is not None or network is None:
            raise errors.FailedPrecondition(f"{what}: {obstacle}")
        return network

    def _add(self, begun: Attempt, what: str) -> AttachResult:
        with asking(what):
            loopback.bring_up(Path(begun.netns))
        answer = chain.add(begun, self._bin_dirs)
        self._cache.save(replace(begun, result=answer))
        return result.read(answer, attempt.INTERFACE, what)

    def _undo(self, request: DetachRequest) -> None:
        """Run DEL for what is on record, then forget it.

        A damaged or lost record stands for an ADD by the configuration of now.

        Raises:
            Error: of the first plugin that failed; the record stays, for another try.
        """
        begun = self._cache.load(request.sandbox_id)
        if begun is None:
            network = self._discovery.look().network
            begun = attempt.guess(request, network, self._pod_cidr) if network else None
        if begun is None:
            _log.warning("cni del impossible sandbox_id=%s: no record", request.sandbox_id)
        else:
            where = str(request.netns or begun.netns)
            chain.delete(replace(begun, netns=where), self._bin_dirs)
        self._cache.forget(request.sandbox_id)


def _undoing(request: AttachRequest) -> DetachRequest:
    return DetachRequest(
        request.sandbox_id,
        name=request.name,
        namespace=request.namespace,
        uid=request.uid,
        netns=request.netns,
        port_mappings=request.port_mappings,
    )


if TYPE_CHECKING:

    def _implements(network: CniNetwork) -> PodNetwork:
        return network
