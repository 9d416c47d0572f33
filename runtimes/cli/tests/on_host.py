"""The command on the fake, whose streams are processes of this host: ``python -m`` this module."""

from __future__ import annotations

import sys

from runtimes.cli.app import run
from runtimes.client.tests.host_process import HostBackend
from runtimes.contract.fake.backend import FakeBackend


def install() -> None:
    """Have the backend `fake` open streams on this host."""
    FakeBackend.open = HostBackend.open  # type: ignore[method-assign,assignment]  # its point


if __name__ == "__main__":
    install()
    sys.exit(run(sys.argv[1:]))
