"""rkt's command line: which command, its flags, and what it exits with.

Each command is a process, of which a test needs dozens: so none imports, not even `typing`, what it
can do without.
"""

from __future__ import annotations

import importlib
import os
import sys

from runtimes.rkt_stub.tests.standin import flags
from runtimes.rkt_stub.tests.standin.places import Failed

VERSION = "1.30.0+standin"
STAGE1 = "stage1-path stage1-name stage1-hash stage1-url stage1-from-dir no-overlay"
NET = "net hostname dns dns-search dns-opt dns-domain hosts-entry interactive mds-register ipc"
PER_APP = (
    "name exec user group supplementary-gids working-dir readonly-rootfs environment annotation"
    " user-annotation user-label memory cpu cpu-shares oom-score-adj caps-retain caps-remove"
    " seccomp"
)
SHOWN = "format full no-legend"
STREAMS = "stdin stdout stderr"
HIDDEN = frozenset(STREAMS.split())
COMMANDS = {
    "version": ("show", ""),
    "config": ("show", ""),
    "help": ("show", ""),
    "list": ("show", SHOWN),
    "status": ("show", f"{SHOWN} wait wait-ready uuid-file"),
    "cat-manifest": ("show", "pretty-print uuid-file"),
    "fetch": ("store", "full pull-policy no-store store-only signature"),
    "image fetch": ("store", "full pull-policy no-store store-only signature"),
    "image list": ("store", f"{SHOWN} fields sort order"),
    "image cat-manifest": ("store", "pretty-print"),
    "image rm": ("store", ""),
    "image gc": ("store", "grace-period"),
    "image export": ("store", "overwrite"),
    "prepare": (
        "immutable",
        f"quiet pod-manifest uuid-file-save pull-policy volume {PER_APP} {STAGE1}",
    ),
    "run-prepared": ("immutable", NET),
    "stop": ("ending", "force uuid-file"),
    "rm": ("ending", "uuid-file"),
    "gc": ("ending", "grace-period expire-prepared mark-only"),
    "enter": ("enter", "app"),
    "app sandbox": (
        "mutable",
        f"{NET} port annotation user-annotation user-label uuid-file-save {STAGE1}",
    ),
    "app add": ("mutable", f"{PER_APP} mnt-volume {STREAMS}"),
    "app start": ("mutable", "app"),
    "app stop": ("mutable", "app"),
    "app rm": ("mutable", "app"),
    "app status": ("mutable", f"app {SHOWN}"),
    "app list": ("mutable", "no-legend"),
    "app exec": ("enter", "app"),
    "attach": ("mutable", "app mode"),
    "stage1-enter": ("enter", "pid"),
}


def main(argv: list[str]) -> int:
    """Do what `argv` says, as rkt would."""
    os.umask(0o022)
    words = list(argv)
    command = _command(words)
    if command not in COMMANDS or not _enabled(command):
        return _usage(f'unknown command "{command}" for "rkt"')
    module, known = COMMANDS[command]
    try:
        given = flags.parse(words, frozenset(known.split()))
    except flags.UsageError as error:
        return _usage(str(error))
    if given.on("help"):
        sys.stdout.write(f"NAME:\n\trkt {command}\n\nOPTIONS:\n{_options(known)}")
        return 0
    os.environ.setdefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
    found = importlib.import_module(f"{__package__}.do_{module}")
    do = getattr(found, command.replace(" ", "_").replace("-", "_"))
    try:
        return int(do(given.get("dir", "/var/lib/rkt"), given) or 0)
    except Failed as error:
        sys.stderr.write(f"{command.rpartition(' ')[2]}: {error}\n")
        return error.code


def _command(words: list[str]) -> str:
    """Take the words of the command out; globals may stand before it."""
    at = 0
    while at < len(words) and words[at].startswith("--"):
        name, has_value, _ = words[at][2:].partition("=")
        at += 1 if has_value or name in flags.SWITCHES else 2
    if at >= len(words):
        return "help"
    first = words.pop(at)
    if first not in {"image", "app"}:
        return first
    while at < len(words) and words[at].startswith("--"):
        at += 1
    return f"{first} {words.pop(at)}" if at < len(words) else first


def _enabled(command: str) -> bool:
    """Whether a command is no experiment, or one that is let."""
    first = command.partition(" ")[0]
    let = os.environ.get(f"RKT_EXPERIMENT_{first.upper()}", "").lower() in {"true", "1"}
    return let or first not in {"app", "attach"}


def _usage(message: str) -> int:
    sys.stderr.write(f"Error: {message}\nRun 'rkt --help' for usage.\n")
    return 254


def _options(known: str) -> str:
    return "".join(f"      --{name}=\n" for name in sorted({*known.split()} - HIDDEN))
