"""Take a terminal from a runtime: it connects to a socket and sends the master's descriptor.

Source: runc docs/terminals.md.
"""

from __future__ import annotations

import os
import select
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self


class Console:
    """A socket below `folder`, which may have any length, as long as the block lasts.

    Attributes:
        path: how the runtime reaches it.
    """

    def __init__(self, folder: Path, name: str) -> None:
        with ExitStack() as undo:
            directory = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            undo.callback(os.close, directory)
            self.path = f"/proc/{os.getpid()}/fd/{directory}/{name}"
            self._server = undo.enter_context(socket.socket(socket.AF_UNIX))
            self._server.bind(self.path)
            undo.callback((folder / name).unlink, missing_ok=True)
            self._server.listen(1)
            self._closing = undo.pop_all()

    def take(self, ended: int, timeout: float | None) -> int:
        """Wait for the master's descriptor; -1 when `ended`, a pidfd, came first, or time ran out.

        The caller closes it.
        """
        poll = select.poll()
        for descriptor in (self._server.fileno(), ended):
            poll.register(descriptor, select.POLLIN)
        ready = [each for each, _ in poll.poll(None if timeout is None else timeout * 1000)]
        if self._server.fileno() not in ready:
            return -1
        connection, _ = self._server.accept()
        with connection:
            descriptors = socket.recv_fds(connection, 4096, 1)[1]
        if not descriptors:
            return -1
        os.set_inheritable(descriptors[0], False)  # noqa: FBT003 -- it takes no keyword
        return descriptors[0]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.close()
