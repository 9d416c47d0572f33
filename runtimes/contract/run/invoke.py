"""From the words of `runtimes contract run` to a plan, a report, files and an exit code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtimes.contract.backends import kinds_of
from runtimes.contract.report import files
from runtimes.contract.report.console import Console
from runtimes.contract.report.verdict import exit_code
from runtimes.contract.run import known
from runtimes.contract.run.plan import Plan, checked
from runtimes.contract.run.session import Watchers, run
from runtimes.core import configure, discovery, errors
from runtimes.core.capability import Capability

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runtimes.contract.report.model import Report

_CLAIMS = frozenset(Capability)


def invoke(words: Mapping[str, Any], shared: object, command: str) -> int:
    """Run, show, write; return the exit code.

    Args:
        words: the command line's own options, by name.
        shared: what the options before the command's name were set to, if there were any.
        command: to show how to run the same again.

    Raises:
        InvalidArgument: the words make no sense.
        BackendUnavailable: the backend can't be used here.
    """
    plan = checked(planned(words, shared))
    targets = files.targets(words["report"])
    if words["static"]:
        from runtimes.contract.run.static import certify

        return certify(plan)
    console = Console(words["verbose"])

    def last_words(report: Report) -> None:
        console.end(report)
        files.write(report, targets)

    report = run(plan, command, Watchers(console.progress, last_words))
    last_words(report)
    for path in targets.values():
        print(f"wrote {path}")  # noqa: T201 - a command's output
    return exit_code(report)


def planned(words: Mapping[str, Any], shared: object) -> Plan:
    config_file = getattr(shared, "config", None)
    config = configure.read_config(Path(config_file) if config_file else None)
    asked = words["backend"] or getattr(shared, "backend", None)
    name = discovery.choose(asked, config.backend).name
    options = {
        **config.backends.get(name, {}),
        **getattr(shared, "options", {}),
        **dict(_pair(word) for word in words["option"]),
    }
    if words["endpoint"]:
        options["endpoint"] = words["endpoint"]
    return Plan(
        name=name,
        kinds=kinds_of(name),
        words=options,
        without=_capabilities(words["without"]),
        profiles=words["profile"],
        level=words["level"] or "",
        tests=words["test"],
        registry=words["registry"],
        image=words["image"],
        restart=words["restart"],
        state=tuple(map(Path, words["state"])),
        known=known.read(Path(words["known"])) if words["known"] else (),
        repeat=words["repeat"],
        patience=words["patience"],
    )


def _pair(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not key or not equals:
        raise errors.InvalidArgument(f"--option '{word}': expected KEY=VALUE")
    return key, value


def _capabilities(words: tuple[str, ...]) -> tuple[str, ...]:
    names = [name for word in words for name in word.split(",") if name]
    for name in names:
        if name not in _CLAIMS:
            raise errors.InvalidArgument(
                f"--without '{name}': there is no such capability; known are "
                + ", ".join(sorted(_CLAIMS))
            )
    return tuple(names)
