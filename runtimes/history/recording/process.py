"""``python -m runtimes.history.recording.process FILE pod TASK`` and ``... FILE serve ARGUMENTS``.

A process of its own for each part of an era: its code is counted, its hops are written to FILE.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runtimes.core import hops, typed_json
from runtimes.history.recording import lines, pod
from runtimes.history.recording.recorder import Recorder
from runtimes.history.story.caught import Loaded

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    file, part, *rest = arguments
    with Recorder(Path(file)) as recorder:
        hops.watch(recorder)
        try:
            if part == "serve":
                return _serve(rest)
            for line in pod.run(typed_json.decode(rest[0], pod.Task), os.getpid()):
                recorder.write(line)
            return 0
        finally:
            recorder.write(Loaded(os.getpid(), lines.loaded()))


def _serve(arguments: Sequence[str]) -> int:
    from runtimes.core.discovery.entry_points import entry_points

    points = {point.name: point for point in entry_points("runtimes.commands")}
    command = points["serve"].load()
    assert isinstance(command, click.Command)  # noqa: S101 - what the group holds
    code: int = command.main(list(arguments), "runtimes serve", standalone_mode=False)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
