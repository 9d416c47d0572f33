"""Flags as Go's pflag reads them: ``--name=value``, ``--name value``, switches, and ``--``."""

from __future__ import annotations

SWITCHES = frozenset(
    {
        "debug", "quiet", "full", "no-legend", "no-overlay", "force", "mark-only", "interactive",
        "inherit-env", "private-users", "trust-keys-from-https", "pretty-print", "overwrite",
        "readonly-rootfs", "no-store", "store-only", "mds-register", "help", "wait", "wait-ready",
    }
)  # fmt: skip
GLOBAL = (
    "help",
    "dir",
    "local-config",
    "system-config",
    "user-config",
    "debug",
    "insecure-options",
)


class Flags:
    """What was given: by name, every value in order."""

    def __init__(self) -> None:
        self.given: dict[str, list[str]] = {}
        self.args: list[str] = []
        self.rest: list[str] = []

    def all(self, name: str) -> list[str]:
        return self.given.get(name, [])

    def get(self, name: str, default: str = "") -> str:
        return (self.given.get(name) or [default])[-1]

    def on(self, name: str) -> bool:
        return self.get(name, "false") not in {"false", "0"}

    def pairs(self, name: str) -> dict[str, str]:
        """Values of the form ``key=value``."""
        return dict(value.split("=", 1) for value in self.all(name))


class UsageError(Exception):
    """What makes rkt print its usage and exit with 254."""


def parse(words: list[str], known: frozenset[str]) -> Flags:
    """Read `words`; what follows ``--`` up to ``---`` is left in `rest`.

    Raises:
        UsageError: a flag that the command doesn't have.
    """
    found = Flags()
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--":
            end = words.index("---", at) if "---" in words[at:] else len(words)
            found.rest = words[at:end]
            at = end + 1
        elif word.startswith("--"):
            name, has_value, value = word[2:].partition("=")
            if name not in known and name not in GLOBAL:
                raise UsageError(f"unknown flag: --{name}")
            if not has_value and name not in SWITCHES:
                value, at = words[at] if at < len(words) else "", at + 1
            found.given.setdefault(name, []).append(value if has_value or value else "true")
        else:
            found.args.append(word)
    return found
