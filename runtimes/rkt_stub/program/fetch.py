"""`rkt fetch`: from a registry into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.rkt_stub.program.rkt import Answer, Rkt


def fetch(rkt: Rkt, reference: str, user_config: Path | None = None) -> Answer:
    """Fetch ``docker://reference`` anew; a refusal is the caller's to explain.

    `user_config` has the credentials, in ``auth.d``.
    """
    return rkt.call(*words(reference, user_config), timeout=None, interruptible=True)


def words(reference: str, user_config: Path | None = None) -> list[str]:
    config = [] if user_config is None else [f"--user-config={user_config}"]
    return [*config, "fetch", "--pull-policy=update", "--full", f"docker://{reference}"]


def fetched(answer: Answer) -> str:
    """The id, which is the last line: progress may come before it."""
    lines = answer.text.split()
    return lines[-1] if lines else ""
