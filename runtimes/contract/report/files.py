"""Which forms of a report to write, and where."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.contract.report import badge, html, jsonfile, junit, markdown
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runtimes.contract.report.model import Report

FORMATS: dict[str, Callable[[Report], str]] = {
    "json": jsonfile.dump,
    "junit": junit.dump,
    "html": html.dump,
    "md": markdown.dump,
    "badge": badge.dump,
}
_NAMES = {
    "json": "report.json",
    "junit": "junit.xml",
    "html": "report.html",
    "md": "report.md",
    "badge": "badge.json",
}


def targets(words: Sequence[str]) -> dict[str, Path]:
    """Read ``FORMAT=FILE`` and ``FOLDER``, which takes every format.

    Raises:
        InvalidArgument: a format that there isn't.
    """
    found: dict[str, Path] = {}
    for word in words:
        name, equals, path = word.partition("=")
        if not equals:
            found |= {form: Path(word, file) for form, file in _NAMES.items()}
        elif name in FORMATS and path:
            found[name] = Path(path)
        else:
            raise errors.InvalidArgument(
                f"write the report as '{word}': expected a folder, or FORMAT=FILE with one of "
                f"{', '.join(FORMATS)}"
            )
    return found


def write(report: Report, paths: dict[str, Path]) -> None:
    for form, path in paths.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(FORMATS[form](report))


def clear(folder: Path) -> None:
    """Remove the report that a folder has, and the folder if that leaves it empty."""
    for path in targets([str(folder)]).values():
        path.unlink(missing_ok=True)
    with suppress(OSError):
        folder.rmdir()
