"""The CRI of another backend, with a line in a file for each call that changes something.

A line is written before the call is made, so that one that never came back shows too; a second
one says how it ended.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from runtimes.core.cri.services import CriService

CHANGES = frozenset(
    {
        "run_pod_sandbox", "stop_pod_sandbox", "remove_pod_sandbox", "create_container",
        "start_container", "stop_container", "remove_container", "update_container_resources",
        "update_pod_sandbox_resources", "exec_sync", "open_exec", "open_attach",
        "open_port_forward", "pull_image", "import_image", "remove_image",
    }
)  # fmt: skip


class Audited:
    """What every audited service has besides the methods of the one beneath."""

    def __init__(self, beneath: CriService, file: Path) -> None:
        self.beneath = beneath
        self._file = file

    def __enter__(self) -> Self:
        self.beneath.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.beneath.__exit__(exc_type, exc, traceback)

    def note(self, call: str, **words: object) -> None:
        """Append a line; a single write, so that lines of several processes don't mix."""
        line = json.dumps({"at": time.time_ns(), "call": call, **words}) + "\n"
        with self._file.open("ab", buffering=0) as file:
            file.write(line.encode())


def audited(beneath: CriService, file: Path) -> CriService:
    """The same service, method by method: what it lacks, this one lacks too."""
    names = [name for name in dir(beneath) if not name.startswith("_")]
    methods = {name: _passed_on(name) for name in names if callable(getattr(beneath, name))}
    kind = type("AuditedService", (Audited,), methods)
    return cast("CriService", kind(beneath, file))


def _passed_on(name: str) -> Callable[..., object]:
    def method(service: Audited, /, *arguments: object, **keywords: object) -> object:
        call = getattr(service.beneath, name)
        if name not in CHANGES:
            return call(*arguments, **keywords)
        service.note(name, target=_target(arguments))
        try:
            answer = call(*arguments, **keywords)
        except errors.Error as error:
            service.note(name, target=_target(arguments), failed=error.code)
            raise
        service.note(
            name, target=_target(arguments), done=answer if isinstance(answer, str) else ""
        )
        return answer

    return method


def _target(arguments: tuple[object, ...]) -> str:
    """Which object a call is about: its id, or the name that its config has."""
    first = arguments[0] if arguments else ""
    if isinstance(first, str):
        return first
    with suppress(AttributeError):
        return str(cast("Any", first).metadata.name)
    return str(getattr(first, "image", first))
