from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from runtimes.cli.tests.command_line import Cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session", autouse=True)
def _signals_reach_what_is_started() -> None:
    """A run in the background begins with these ignored, which its children would inherit."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            default = number is signal.SIGINT
            signal.signal(number, signal.default_int_handler if default else signal.SIG_DFL)


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    config = tmp_path / "config.toml"
    config.write_text(f'backend = "fake"\n[backends.fake]\nstate = "{tmp_path / "state.json"}"\n')
    monkeypatch.setenv("RUNTIMES_CONFIG", str(config))
    monkeypatch.setenv("RUNTIMES_KUBELET_ROOT", str(tmp_path / "kubelet"))
    monkeypatch.delenv("RUNTIMES_BACKEND", raising=False)
    return Cli(tmp_path, capfd)
