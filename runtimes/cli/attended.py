"""`run -it`: a pod whose user sits before it, from its first byte to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.cli.detach import Detached
from runtimes.cli.interact import interact, write_channel
from runtimes.cli.messages import note
from runtimes.client.earlier import caught_up, said
from runtimes.core import errors
from runtimes.core.streaming.session import Channel

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.client import Container, Pod


def attend(pod: Pod, start: Callable[[Pod], None], *, remove: bool) -> int:
    """Start a pod, connect to its container at once, and return that one's exit code.

    A pod that the user leaves by Ctrl-P Ctrl-Q goes on; any other way out stops it.
    """
    try:
        start(pod)
        code = _connect(pod.container())
    except Detached:
        note(f"left pod '{pod.name}'; it goes on")
        return 0
    except BaseException:
        _end(pod, remove=remove)
        raise
    _end(pod, remove=remove)
    return code


def _end(pod: Pod, *, remove: bool) -> None:
    if remove:
        pod.remove(force=True)
    else:
        pod.stop()


def _connect(container: Container) -> int:
    try:
        session = container.attach(stdin=container.has_stdin)
    except errors.FailedPrecondition:
        return _over(container)
    earlier = caught_up(container, session)
    return interact(session, tty=container.has_tty, detachable=True, earlier=earlier)


def _over(container: Container) -> int:
    """Show what a container that has ended already has said."""
    wrote = said(container)
    write_channel(Channel.STDOUT, wrote.get("stdout", b""))
    write_channel(Channel.STDERR, wrote.get("stderr", b""))
    return container.pod.wait()
