"""The backend: where it looks, what it finds, how it opens."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import configure, discovery, errors
from runtimes.core.backend import Kind
from runtimes.docker_legacy.backend import EngineOptions, backend, engine
from runtimes.docker_legacy.endpoint import Endpoint, TlsFiles, find, parse

if TYPE_CHECKING:
    from runtimes.docker_legacy.tests.conftest import ScriptedEngine


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("unix:///run/x.sock", Endpoint(path="/run/x.sock")),
        ("/run/x.sock", Endpoint(path="/run/x.sock")),
        ("tcp://host:99", Endpoint(host="host", port=99)),
        ("tcp://host", Endpoint(host="host", port=2375)),
        ("http://[::1]:5/", Endpoint(host="::1", port=5)),
        ("https://host", Endpoint(host="host", port=2376, tls=TlsFiles())),
    ],
)
def test_hosts_are_read_as_docker_s_client_does(text: str, wanted: Endpoint) -> None:
    assert parse(text) == wanted


@pytest.mark.parametrize(
    "text", ["ssh://me@host", "unix://relative", "tcp://", "tcp://h:port", "tcp://h/path", "x.sock"]
)
def test_hosts_that_cannot_be_read_are_refused(text: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="read Docker host"):
        parse(text)


def test_the_host_is_the_option_s_then_the_environment_s_then_the_usual_one() -> None:
    environ = {"DOCKER_HOST": "tcp://there:1"}

    assert find("unix:///mine", None, environ).path == "/mine"
    assert find("", None, environ).host == "there"
    assert find("", None, {}).path == "/var/run/docker.sock"


def test_the_environment_s_certificates_belong_to_its_host() -> None:
    environ = {"DOCKER_HOST": "tcp://there", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/c"}

    assert find("", None, environ) == Endpoint(
        host="there",
        port=2376,
        tls=TlsFiles(Path("/c/ca.pem"), Path("/c/cert.pem"), Path("/c/key.pem")),
    )
    assert find("tcp://other", None, environ).tls is None


def test_probe_tells_what_answers(scripted: ScriptedEngine) -> None:
    probe = engine.probe(EngineOptions(host=f"unix://{scripted.path}"))

    assert probe.usable
    assert probe.reason == f"Docker Engine 20.10, API 1.41, at unix://{scripted.path}"
    assert not probe.warnings


def test_probe_knows_podman(scripted: ScriptedEngine) -> None:
    answer = {"Version": "4.3", "ApiVersion": "1.41", "Components": [{"Name": "Podman Engine"}]}
    scripted.replies("GET /version", 200, answer)

    probe = engine.probe(EngineOptions(host=f"unix://{scripted.path}"))

    assert probe.reason.startswith("Podman Engine 4.3")
    assert probe.warnings


@pytest.mark.parametrize(
    ("status", "answer"),
    [(200, {"ApiVersion": "1.20"}), (200, [1]), (200, b"hello"), (500, {"message": "x"})],
)
def test_probe_of_something_else_is_unusable(
    scripted: ScriptedEngine, status: int, answer: object
) -> None:
    scripted.replies("GET /version", status, answer)

    probe = engine.probe(EngineOptions(host=f"unix://{scripted.path}"))

    assert not probe.usable
    assert probe.remedy


def test_probe_of_an_engine_that_hangs_gives_up(scripted: ScriptedEngine) -> None:
    scripted.on("GET /version", scripted.hang)
    before = time.monotonic()

    probe = engine.probe(EngineOptions(host=f"unix://{scripted.path}"))

    assert not probe.usable
    assert time.monotonic() - before < 10


def test_open_where_nothing_listens_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(errors.BackendUnavailable, match="start dockerd"):
        engine.open(EngineOptions(host=f"unix://{tmp_path}/none"))


def test_open_gives_a_service_that_works(scripted: ScriptedEngine) -> None:
    with engine.open(EngineOptions(host=f"unix://{scripted.path}")) as docker:
        assert docker.version()["ApiVersion"] == "1.41"


@pytest.mark.parametrize("call", [engine.probe, engine.open])
def test_options_that_contradict_each_other_are_told(call: object) -> None:
    options = EngineOptions(host="tcp://x", tls_cert=Path("/c.pem"))

    if call == engine.probe:
        assert "belong together" in engine.probe(options).reason
    else:
        with pytest.raises(errors.InvalidArgument, match="belong together"):
            engine.open(options)


def test_another_backend_s_options_are_refused() -> None:
    with pytest.raises(errors.InvalidArgument):
        engine.open(object())


def test_options_are_filled_from_words() -> None:
    words = {"host": "tcp://h:1", "timeout": "5", "tls": "yes", "tls-ca": "/ca.pem"}

    filled = configure.fill(EngineOptions, words)

    assert filled == EngineOptions(host="tcp://h:1", timeout=5.0, tls=True, tls_ca=Path("/ca.pem"))


def test_the_engine_is_found_by_its_name() -> None:
    found: object = discovery.load("docker", [Kind.DOCKER])

    assert found is engine


def test_the_pod_backend_refuses_the_options_of_another() -> None:
    with pytest.raises(errors.InvalidArgument):
        backend.open(EngineOptions())


def test_importing_the_backend_imports_no_docker_and_no_requests() -> None:
    script = (
        "import sys, runtimes.docker_legacy.backend;"
        "sys.exit(any(m in sys.modules for m in ('docker', 'requests', 'ssl')))"
    )

    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
