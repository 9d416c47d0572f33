"""Compiled filters, kept in memory and on disk: compiling the default one takes 13 ms.

A file is the SHA-256 of the program followed by the program, so that one damaged by a crash is
compiled again instead of loaded. The folder must be writable by this user alone: whoever can write
there decides what containers may call.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from typing import TYPE_CHECKING

from runtimes.oci.seccomp.bpf import compile_bpf, libseccomp_version

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.oci.spec.schema import Seccomp

FORMAT = 1
INSTRUCTION = 8
DIGEST = 32
_kept: dict[str, bytes] = {}


def key(rules: Seccomp) -> str:
    """Everything that decides about the program."""
    parts = (FORMAT, platform.machine(), libseccomp_version(), json.dumps(rules, sort_keys=True))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def compiled(rules: Seccomp, folder: Path | None) -> bytes:
    """The program for `rules`, compiled at most once per process and per folder.

    Raises:
        Unsupported: it can't be compiled here.
    """
    name = key(rules)
    program = _kept.get(name) or _recall(folder, name)
    if program is None:
        program = compile_bpf(rules)
        _remember(folder, name, program)
    _kept[name] = program
    return program


def _recall(folder: Path | None, name: str) -> bytes | None:
    if folder is None:
        return None
    try:
        content = (folder / f"{name}.bpf").read_bytes()
    except OSError:
        return None
    digest, program = content[:DIGEST], content[DIGEST:]
    if not program or len(program) % INSTRUCTION or hashlib.sha256(program).digest() != digest:
        return None
    return program


def _remember(folder: Path | None, name: str, program: bytes) -> None:
    if folder is None:
        return
    fresh = folder / f".{name}.{os.getpid()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh.write_bytes(hashlib.sha256(program).digest() + program)
        fresh.replace(folder / f"{name}.bpf")
    except OSError:
        fresh.unlink(missing_ok=True)
