from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.cli.tests.command_line import Cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Cli:
    config = tmp_path / "config.toml"
    config.write_text(f'backend = "fake"\n[backends.fake]\nstate = "{tmp_path / "state.json"}"\n')
    monkeypatch.setenv("RUNTIMES_CONFIG", str(config))
    monkeypatch.setenv("RUNTIMES_KUBELET_ROOT", str(tmp_path / "kubelet"))
    monkeypatch.delenv("RUNTIMES_BACKEND", raising=False)
    return Cli(tmp_path, capfd)
