"""Load one backend by its name, and tell apart what can be wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from runtimes.core import errors
from runtimes.core.discovery.entry_points import EntryPoint
from runtimes.core.discovery.installed import USER_KINDS, points
from runtimes.core.discovery.known import EXTRAS, install_command

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runtimes.core.backend import Backend, Kind

_PARTS = ("name", "kind", "era", "summary", "capabilities", "options", "probe", "open")


def load(name: str, kinds: Iterable[Kind] = USER_KINDS) -> Backend[Any]:
    """Import the backend of that name, and no other.

    Raises:
        BackendUnavailable: it isn't installed, misses a dependency, is broken, or two packages
            bring it. The message says which, and what to do.
    """
    kinds = tuple(kinds)
    candidates = points(kinds)
    matching = [(kind, point) for kind, point in candidates if point.name == name]
    if len(matching) > 1:
        raise _duplicate(name, [point for _, point in matching])
    if not matching:
        matching = [(kind, point) for kind in kinds for point in _hidden(kind, name)]
    if not matching:
        raise _not_installed(name, [point.name for _, point in candidates])
    kind, point = matching[0]
    return _checked(_import(point), kind, point)


def _hidden(kind: Kind, name: str) -> Iterator[EntryPoint]:
    """Look where a folder's listing doesn't, e.g. into zip files, through stevedore."""
    from stevedore import DriverManager
    from stevedore.exception import MultipleMatches, NoMatches

    def refuse(manager: object, point: object, error: BaseException) -> None:
        """Keep stevedore from raising; `_import` finds out what is wrong."""

    DriverManager.ENTRY_POINT_CACHE.pop(kind.group, None)  # else it never looks twice
    try:
        manager: DriverManager[Any] = DriverManager(
            kind.group, name, on_load_failure_callback=refuse
        )
    except (NoMatches, MultipleMatches):
        return
    for extension in manager.extensions:
        target = extension.entry_point.value
        yield EntryPoint(kind.group, name, target, extension.module_name.partition(".")[0], "")


def _import(point: EntryPoint) -> object:
    try:
        return point.load()
    except ModuleNotFoundError as error:
        raise _not_importable(point, error) from error
    except (Exception, SystemExit) as error:
        raise _broken(point, f"{type(error).__name__}: {error}") from error


def _checked(loaded: object, kind: Kind, point: EntryPoint) -> Backend[Any]:
    if isinstance(loaded, type):
        raise _broken(point, f"'{point.target}' is a class; it must be an instance")
    missing = [part for part in _PARTS if not hasattr(loaded, part)]
    if missing:
        raise _broken(point, f"'{point.target}' has no {', '.join(missing)}")
    backend = cast("Backend[Any]", loaded)
    if (backend.name, backend.kind) != (point.name, kind):
        raise _broken(point, f"it calls itself '{backend.name}' of kind '{backend.kind}'")
    return backend


def _not_installed(name: str, present: list[str]) -> errors.BackendUnavailable:
    if name in EXTRAS:
        remedy = f"run in a checkout of this project: {install_command(EXTRAS[name])}"
        return errors.BackendUnavailable(f"backend '{name}' isn't installed; {remedy}")
    from difflib import get_close_matches

    close = get_close_matches(name, {*present, *EXTRAS}, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    known = ", ".join(sorted(set(present))) or "none"
    return errors.BackendUnavailable(
        f"backend '{name}' isn't installed; {hint}installed are: {known}"
    )


def _duplicate(name: str, points: list[EntryPoint]) -> errors.BackendUnavailable:
    sources = ", ".join(sorted(f"{_source(point)} ({point.target})" for point in points))
    return errors.BackendUnavailable(
        f"backend '{name}' comes from several packages: {sources}; uninstall all but one"
    )


def _not_importable(point: EntryPoint, error: ModuleNotFoundError) -> errors.BackendUnavailable:
    missing = error.name or str(error)
    if f"{point.module}.".startswith(f"{missing}."):
        return _broken(point, f"its module '{missing}' doesn't exist")
    remedy = _reinstall(point)
    return errors.BackendUnavailable(
        f"backend '{point.name}' of {_source(point)} needs the Python module '{missing}', "
        f"which isn't installed; {remedy}"
    )


def _broken(point: EntryPoint, why: str) -> errors.BackendUnavailable:
    return errors.BackendUnavailable(
        f"backend '{point.name}' of {_source(point)} is broken: {why}; {_reinstall(point)}"
    )


def _source(point: EntryPoint) -> str:
    return f"{point.distribution} {point.version}".strip()


def _reinstall(point: EntryPoint) -> str:
    if point.distribution.startswith("runtimes-") and point.name in EXTRAS:
        return f"reinstall it in a checkout of this project: {install_command(EXTRAS[point.name])}"
    return f"reinstall or upgrade {point.distribution}, or uninstall it"
