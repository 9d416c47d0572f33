"""An rkt to test against: the stand-in, or a real one; with folders of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from runtimes.rkt_stub.program.rkt import Answer, Rkt

STANDIN = Path(__file__).parent / "standin" / "rkt"
PROGRAMS = {"standin": str(STANDIN), "real": shutil.which("rkt") or ""}


@dataclass(frozen=True, slots=True)
class World:
    """Attributes:
    image: reference of the suite's busybox, in the registry and in the store.
    """

    rkt: Rkt
    folder: Path
    image: str

    def call(self, *words: str) -> Answer:
        return self.rkt.call(*words, timeout=60)

    def launch(self, *words: str) -> subprocess.Popen[bytes]:
        """A command that goes on: the pod itself."""
        return subprocess.Popen(
            self.rkt.argv(*words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.rkt.environment(),
            start_new_session=True,
        )


def rkt_below(folder: Path, program: str) -> Rkt:
    """One whose state is all in `folder`; the suite's registry has neither TLS nor signatures."""
    for name in ("rkt", "local"):
        (folder / name).mkdir(parents=True)
    return Rkt(
        program=program,
        dir=folder / "rkt",
        local_config=folder / "local",
        insecure=("image", "http"),
    )


def words_of(world: World) -> dict[str, str]:
    """Options of a backend on it."""
    rkt = world.rkt
    return {
        "program": rkt.program,
        "dir": str(rkt.dir),
        "local_config": str(rkt.local_config),
        "insecure_options": ",".join(rkt.insecure),
    }


def why_not(program: str) -> str:
    """Why this rkt can't be used here; empty when it can."""
    if not program:
        return "no rkt on the PATH"
    return "" if os.geteuid() == 0 else "needs root"
