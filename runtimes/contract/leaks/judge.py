"""What of a difference is the run's: pure. Whatever other users of the node do is theirs.

Source: the suite's own: what a run made is gone when its pods are removed and it has been closed
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.contract.leaks.snapshot import Snapshot

QOS_CLASSES = frozenset({"besteffort", "burstable", "guaranteed"})
"""Groups of kubelet's own, which stay for the next pod."""
_GLOBAL = ("anon_inode:[eventpoll]", "anon_inode:[eventfd]", "/dev/", "/proc/", "/sys/")
"""What libraries open once and keep."""

_SIGN = r"[0-9A-Za-z]"
_WORD = re.compile(rf"{_SIGN}+")
_TELLING = 6
"""Signs of an id that tell something: others may say a shorter one, too."""


@dataclass(frozen=True, slots=True)
class Own:
    """How to tell what is the run's.

    Attributes:
        run: its id, which is the name of its own control group, too.
        words: ids of its sandboxes and containers, of letters and digits alone.
        others: those with other signs in them.
        folders: the run's, and the backend's where it is told.
    """

    run: str
    words: frozenset[str] = frozenset()
    others: frozenset[str] = frozenset()
    folders: tuple[Path, ...] = ()

    @classmethod
    def of(cls, run: str, made: Iterable[str], folders: tuple[Path, ...]) -> Own:
        telling = frozenset(one for one in made if len(one) >= _TELLING)
        words = frozenset(filter(str.isalnum, telling))
        return cls(run, words, telling - words, folders)

    def names_any(self, text: str) -> bool:
        """An id is looked for as a word, as in ``crio-ID.scope``."""
        return (
            self.run in text
            or not self.words.isdisjoint(_WORD.findall(text))
            or any(_stands_in(one, text) for one in self.others)
        )

    def has(self, path: str) -> bool:
        return self.names_any(path) or any(Path(path).is_relative_to(one) for one in self.folders)


Promise = Callable[["Snapshot", "Snapshot", Own], list[str]]


def leaves_no_mounts(before: Snapshot, after: Snapshot, own: Own) -> list[str]:
    """No file system stays mounted: at a path with a name of the run, or below its folders."""
    return _paths(after.mounts - before.mounts, own)


def leaves_no_namespaces(before: Snapshot, after: Snapshot, own: Own) -> list[str]:
    """No file pins a namespace any more: of a network, or another that a pod had."""
    return _paths(after.namespaces - before.namespaces, own)


def leaves_no_control_groups(before: Snapshot, after: Snapshot, own: Own) -> list[str]:
    """No control group of a pod or container stays, in any hierarchy."""
    new = after.groups - before.groups
    return sorted(
        path
        for path in new
        if Path(path).name not in {*QOS_CLASSES, own.run} and own.names_any(path)
    )


def leaves_no_processes(before: Snapshot, after: Snapshot, own: Own) -> list[str]:
    """No process lives on in a control group of the run, or that was told one of its names.

    Children of such a process count too: monitors, shims, and what ran in containers.
    """
    new = {one.pid: one for one in after.processes - before.processes}
    theirs = {pid for pid, one in new.items() if own.names_any(f"{one.command} {one.groups}")}
    grown = True
    while grown:
        more = {pid for pid, one in new.items() if one.parent in theirs} - theirs
        theirs |= more
        grown = bool(more)
    return sorted(
        f"process {pid}: {new[pid].command or 'without a command line'}" for pid in theirs
    )


def leaves_no_descriptors(before: Snapshot, after: Snapshot, own: Own) -> list[str]:
    """Once it is closed, the backend has nothing open in this process: files, sockets, pipes."""
    del own
    new = after.descriptors - before.descriptors
    return sorted(f"descriptor {number}: {what}" for number, what in new if _counts(what))


PROMISES: dict[str, Promise] = {
    promise.__name__: promise
    for promise in (
        leaves_no_mounts,
        leaves_no_namespaces,
        leaves_no_control_groups,
        leaves_no_processes,
        leaves_no_descriptors,
    )
}


def _paths(paths: Iterable[str], own: Own) -> list[str]:
    return sorted(path for path in paths if own.has(path))


def _stands_in(name: str, text: str) -> bool:
    """Whether it is there with no letter or digit beside it."""
    found = name in text  # most often it isn't
    return found and re.search(rf"(?<!{_SIGN}){re.escape(name)}(?!{_SIGN})", text) is not None


def _counts(what: str) -> bool:
    return not what.startswith(_GLOBAL)
