"""Do one thing to several pods, whatever becomes of the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from runtimes.client.pod import Pod


def each(pods: Iterable[Pod], act: Callable[[Pod], object]) -> Iterator[Pod]:
    """Do it to one after another, and yield those with which it went well.

    Raises:
        ExceptionGroup: after the last, the errors of the others.
    """
    failures: list[errors.Error] = []
    for pod in pods:
        try:
            act(pod)
        except errors.Error as error:
            failures.append(error)
        else:
            yield pod
    if failures:
        raise ExceptionGroup("some pods failed", failures)
