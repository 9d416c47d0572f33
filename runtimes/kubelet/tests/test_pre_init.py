"""The three cases of kubelet's start-up."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.kubelet import pre_init
from runtimes.kubelet.pre_init import pre_init_runtime_service

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.contract.engines.session import EngineSession

NOTICE = "Using dockershim is deprecated, please consider using a full-fledged CRI implementation"


@pytest.mark.needs_docker
@pytest.mark.needs_root
def test_docker_means_a_notice_and_a_dockershim_in_this_process(
    runtimes_engines: EngineSession, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger=pre_init.__name__)
    host = runtimes_engines.env("dockerd")["RUNTIMES_TEST_DOCKER_HOST"]
    folders = {"root": str(tmp_path / "root"), "run_root": str(tmp_path / "run")}

    service = pre_init_runtime_service("docker", {"host": host, **folders})

    assert NOTICE in caplog.messages
    assert service is not None
    try:
        assert service.version().runtime_name == "docker"
    finally:
        service.close()


def test_docker_without_an_engine_is_an_unavailable_backend(tmp_path: Path) -> None:
    with pytest.raises(errors.Error, match=r"missing\.sock"):
        pre_init_runtime_service(
            "docker",
            {"host": f"unix://{tmp_path}/missing.sock", "root": str(tmp_path / "root")},
        )


def test_remote_means_nothing(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=pre_init.__name__)

    assert pre_init_runtime_service("remote") is None
    assert caplog.messages == []


@pytest.mark.parametrize("name", ["rkt", "", "Docker"])
def test_anything_else_is_refused_in_kubelets_words(name: str) -> None:
    with pytest.raises(errors.InvalidArgument, match=f'^unsupported CRI runtime: "{name}"$'):
        pre_init_runtime_service(name)
