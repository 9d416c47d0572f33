"""How the findings of one probe become its result: a pure state machine.

    liveness   SUCCESS until `failureThreshold` failures in a row   -> FAILURE, held
    readiness  FAILURE until `successThreshold` successes in a row <-> SUCCESS
    startup    UNKNOWN until one success                            -> SUCCESS, done
               or `failureThreshold` failures in a row              -> FAILURE, held

Held means: no more probes until another attempt of the container runs.

Source: kubelet pkg/kubelet/prober/worker.go.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from runtimes.core.pod.probes import ProbeResult
from runtimes.kubelet.actions.restart import is_sidecar

if TYPE_CHECKING:
    from runtimes.core.pod import v1


class ProbeKind(StrEnum):
    LIVENESS = "liveness"
    READINESS = "readiness"
    STARTUP = "startup"

    def of(self, container: v1.Container) -> v1.Probe | None:
        """The container's probe of this kind."""
        probes = {
            ProbeKind.LIVENESS: container.liveness_probe,
            ProbeKind.READINESS: container.readiness_probe,
            ProbeKind.STARTUP: container.startup_probe,
        }
        return probes[self]


def probed(pod: v1.Pod) -> list[v1.Container]:
    """Regular containers and sidecars: other init containers are only waited for."""
    return [*filter(is_sidecar, pod.spec.init_containers), *pod.spec.containers]


def has_probes(pod: v1.Pod) -> bool:
    return any(kind.of(one) for one in probed(pod) for kind in ProbeKind)


_INITIAL = {
    ProbeKind.LIVENESS: ProbeResult.SUCCESS,
    ProbeKind.READINESS: ProbeResult.FAILURE,
    ProbeKind.STARTUP: ProbeResult.UNKNOWN,
}


@dataclass(frozen=True, slots=True)
class ProbeState:
    """Of one probe of one attempt of a container.

    Attributes:
        last: the newest finding.
        run: how often it came in a row.
        held: probing has stopped.
    """

    kind: ProbeKind
    result: ProbeResult
    last: ProbeResult = ProbeResult.UNKNOWN
    run: int = 0
    held: bool = False


def initial_state(kind: ProbeKind) -> ProbeState:
    return ProbeState(kind, _INITIAL[kind])


def advanced(state: ProbeState, probe: v1.Probe, found: ProbeResult) -> ProbeState:
    """Take in one finding; UNKNOWN, a probe that couldn't be made, changes nothing."""
    if found is ProbeResult.UNKNOWN or state.held:
        return state
    run = state.run + 1 if found is state.last else 1
    good = found is ProbeResult.SUCCESS
    threshold = (probe.success_threshold or 1) if good else (probe.failure_threshold or 3)
    if run < threshold:
        return replace(state, last=found, run=run)
    restarts = state.kind is not ProbeKind.READINESS and not good
    done = state.kind is ProbeKind.STARTUP and good
    return replace(state, result=found, last=found, run=run, held=restarts or done)
