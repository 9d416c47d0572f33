"""A folder whose mounts both an engine and its host see: where tests keep what kubelet mounts."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from runtimes.contract.engines.process import EngineFailed

if TYPE_CHECKING:
    from pathlib import Path


def share(folder: Path) -> None:
    """Make it a mount with a peer group of its own, which new namespaces then join.

    Raises:
        EngineFailed: the kernel refused.
    """
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    for words in (
        ("--bind", folder, folder),
        ("--make-private", folder),
        ("--make-shared", folder),
    ):
        done = subprocess.run(["mount", *words], check=False, capture_output=True, text=True)
        if done.returncode:
            raise EngineFailed(f"share {folder}: {done.stderr.strip()}")


def withdraw(folder: Path) -> None:
    """Take it off with every mount below it. Idempotent."""
    subprocess.run(["umount", "--recursive", "--lazy", folder], check=False, capture_output=True)
