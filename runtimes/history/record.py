"""Run the pod through the eras, one after the other."""

from __future__ import annotations

import logging
import os
import platform
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.backend import ProbeState
from runtimes.core.configure import fill, read_config
from runtimes.core.discovery import load
from runtimes.history.eras import ERAS
from runtimes.history.recording.pod import Task
from runtimes.history.recording.run import run
from runtimes.history.story.model import Host, Recording, Told
from runtimes.history.story.tell import tell
from runtimes.kubelet.volumes.mount import mounts_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from runtimes.core.backend import Probe
    from runtimes.core.configure import Config
    from runtimes.history.eras.era import Era

log = logging.getLogger(__name__)
_KUBELET_ROOT = "RUNTIMES_KUBELET_ROOT"


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for.

    Attributes:
        names: of eras, none for all.
        config: the configuration file, None for the usual one.
        runs: how many times in a row each era runs the pod.
        rounds: how many times each era has its turn; the quickest start of all is told.
    """

    manifest: str
    names: Sequence[str] = ()
    config: str | None = None
    runs: int = 2
    rounds: int = 1


def record(order: Order, progress: Callable[[Told], None]) -> Recording:
    """Run the pod through each era that works here; what fails is told and ends nothing.

    Raises:
        InvalidManifest, NotFound: the manifest can't be read; nothing was run.
        InvalidArgument: there are several pods in it, or no era has that name.
    """
    chosen = choose(order.names)
    name = _pod_name(order.manifest)
    config = read_config(Path(order.config) if order.config else None)
    told: dict[str, Told] = {}
    began = datetime.now(UTC)
    with own_kubelet_root():
        for left in reversed(range(order.rounds)):
            for era in chosen:
                told[era.name] = quicker(told.get(era.name), _through(era, order, config))
                if not left:
                    progress(told[era.name])
    return Recording(
        began=began.isoformat(timespec="seconds"),
        host=_host(),
        pod=name,
        manifest=Path(order.manifest).read_text(),
        runs=order.runs * order.rounds,
        eras=tuple(told.values()),
    )


def choose(names: Sequence[str]) -> tuple[Era, ...]:
    """The eras of those names, in the order of time; all if there are none.

    Raises:
        InvalidArgument: there is no era of a name.
    """
    known = {era.name: era for era in ERAS}
    for name in names:
        if name not in known:
            raise errors.InvalidArgument(
                f"choose era '{name}': there is none; there are {', '.join(known)}"
            )
    return tuple(era for era in ERAS if not names or era.name in names)


def quicker(one: Told | None, other: Told) -> Told:
    """The one that ran, or of two that did the one that started in less time."""
    if one is None or one.state != "ran":
        return other
    return min((one, other), key=lambda told: (told.state != "ran", told.start_ms))


def _pod_name(manifest: str) -> str:
    from runtimes.kubelet import manifest as manifests

    pods = [one.object for one in manifests.load(Path(manifest)) if one.object.kind == "Pod"]
    if len(pods) != 1:
        raise errors.InvalidArgument(f"record the history of a pod: {manifest} has {len(pods)}")
    return pods[0].metadata.name


def _through(era: Era, order: Order, config: Config) -> Told:
    try:
        probe = _probe(era.served or era.backend, config)
        if probe.state is not ProbeState.USABLE:
            why = "; ".join(filter(None, (probe.reason, probe.remedy)))
            return Told(era=era.name, state="unusable", why=why)
        task = Task(era.backend, order.manifest, {}, order.config, order.runs)
        return tell(era, run(era, task))
    except errors.BackendUnavailable as error:
        return Told(era=era.name, state="unusable", why=str(error))
    except errors.Error as error:
        return Told(era=era.name, state="failed", why=str(error))


def _probe(backend: str, config: Config) -> Probe:
    found = load(backend)
    return found.probe(fill(found.options, config.backends.get(backend, {})))


@contextmanager
def own_kubelet_root() -> Iterator[Path]:
    """Keep the recorded pods apart from the user's, whatever names they have.

    The folder goes with the block, unless a pod is left: the user's files may be mounted there.
    """
    before = os.environ.get(_KUBELET_ROOT)
    folder = Path(tempfile.mkdtemp(prefix="runtimes-history-")).resolve()
    os.environ[_KUBELET_ROOT] = str(folder)
    try:
        yield folder
    finally:
        if before is None:
            del os.environ[_KUBELET_ROOT]
        else:
            os.environ[_KUBELET_ROOT] = before
        _discard(folder)


def _discard(root: Path) -> None:
    if any(root.glob("pods/*")) or mounts_below(root):
        log.warning(
            "keep %s: a pod is left; remove it with %s=%s runtimes -b BACKEND rm --force POD",
            root, _KUBELET_ROOT, root,
        )  # fmt: skip
    else:
        shutil.rmtree(root)


def _host() -> Host:
    system = platform.uname()
    return Host(
        kernel=system.release,
        machine=system.machine,
        python=platform.python_version(),
        cpus=os.cpu_count() or 0,
    )
