"""Print what containers write: as it is from one, with coloured names in front from several."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from runtimes.cli.output import colour

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from runtimes.client import LogLine


class LogPrinter:
    """Writes stdout to stdout and stderr to stderr; one container's bytes come out unchanged."""

    def __init__(
        self,
        containers: Iterable[str],
        *,
        prefix: bool,
        timestamps: bool = False,
        streams: dict[str, BinaryIO] | None = None,
    ) -> None:
        """Prepare for lines of `containers`; others get a name of the same width."""
        names = list(containers)
        self._prefix = prefix
        self._timestamps = timestamps
        self._width = max(map(len, names), default=0)
        self._colours = {
            name: colour.PREFIXES[number % len(colour.PREFIXES)]
            for number, name in enumerate(names)
        }
        self._streams = streams or {"stdout": sys.stdout.buffer, "stderr": sys.stderr.buffer}
        self._painted = {
            "stdout": colour.wanted(sys.stdout) and streams is None,
            "stderr": colour.wanted(sys.stderr) and streams is None,
        }
        self._open: dict[str, str] = {}

    def print(self, line: LogLine, label: str | None = None) -> None:
        """Write one line, and flush it; `label` stands for the container's name."""
        target = self._streams[line.stream]
        source = label or line.container
        before = self._open.pop(line.stream, None)
        text = line.text
        if before != source:
            if before is not None and self._prefix:
                target.write(b"\n")
            text = self._head(source, line.stream) + line.render(timestamps=self._timestamps)
        target.write(text)
        if not text.endswith(b"\n"):
            self._open[line.stream] = source
        target.flush()

    def _head(self, label: str, stream: str) -> bytes:
        if not self._prefix:
            return b""
        head = f"{label.ljust(self._width)} |"
        return f"{colour.paint(head, self._colours.get(label), on=self._painted[stream])} ".encode()
