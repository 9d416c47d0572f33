"""Where the endpoint comes from, and how it is written."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.cri_remote import endpoints
from runtimes.cri_remote.backend import RemoteOptions, backend
from runtimes.cri_remote.endpoints import Endpoint, Surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator

NOWHERE = Surroundings({}, Path("/nonexistent/crictl.yaml"), ())


@pytest.fixture
def listening(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "listening.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()
        yield path


@pytest.fixture
def stale(tmp_path: Path) -> Path:
    path = tmp_path / "stale.sock"
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    return path


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("unix:///run/x.sock", "unix:/run/x.sock"),
        ("/run/x.sock", "unix:/run/x.sock"),
        ("unix:/run/x.sock", "unix:/run/x.sock"),
        (" unix:///run/x.sock ", "unix:/run/x.sock"),
        ("tcp://127.0.0.1:9000", "127.0.0.1:9000"),
    ],
)
def test_an_endpoint_is_read_in_every_usual_form(text: str, target: str) -> None:
    assert endpoints.parse(text).target == target


def test_a_relative_socket_is_of_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert endpoints.parse("unix:x.sock") == Endpoint(path=str(tmp_path / "x.sock"))


@pytest.mark.parametrize(
    "text", ["npipe:////./pipe/x", "x.sock", "unix:", "tcp://host", "http://x"]
)
def test_what_is_no_socket_is_refused(text: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="unix:///run"):
        endpoints.parse(text)


def crictl(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "crictl.yaml"
    path.write_text(text)
    return path


def test_the_strongest_source_wins(tmp_path: Path) -> None:
    config = crictl(tmp_path, "runtime-endpoint: unix:///file.sock\n")
    around = Surroundings({"CONTAINER_RUNTIME_ENDPOINT": "unix:///env.sock"}, config, ())

    assert endpoints.find("unix:///option.sock", "", around).runtime.path == "/option.sock"
    assert endpoints.find("", "", around).runtime.path == "/env.sock"
    assert endpoints.find("", "", Surroundings({}, config, ())).runtime.path == "/file.sock"


def test_the_image_endpoint_is_the_runtimes_unless_its_source_is_as_strong(tmp_path: Path) -> None:
    config = crictl(
        tmp_path, "runtime-endpoint: unix:///file.sock\nimage-endpoint: unix:///image.sock\n"
    )
    around = Surroundings({"CONTAINER_RUNTIME_ENDPOINT": "unix:///env.sock"}, config, ())
    images = {"IMAGE_SERVICE_ENDPOINT": "unix:///images.sock"}

    assert endpoints.find("", "", around).image.path == "/env.sock"
    assert endpoints.find("", "", Surroundings({}, config, ())).image.path == "/image.sock"
    assert endpoints.find("", "", Surroundings(images, config, ())).image.path == "/images.sock"
    assert endpoints.find("/a.sock", "/b.sock", around).image.path == "/b.sock"


def test_a_known_socket_that_answers_is_preferred(listening: Path, stale: Path) -> None:
    around = Surroundings({}, Path("/nonexistent"), (str(stale), str(listening)))

    assert endpoints.find("", "", around).runtime.path == str(listening)


def test_nothing_known_says_what_to_do() -> None:
    with pytest.raises(errors.BackendUnavailable, match="CONTAINER_RUNTIME_ENDPOINT"):
        endpoints.find("", "", NOWHERE)


@pytest.mark.parametrize("text", ["- a\n", "a: [", "\x00"])
def test_a_broken_crictl_file_is_named(tmp_path: Path, text: str) -> None:
    config = crictl(tmp_path, text)

    with pytest.raises(errors.InvalidArgument, match=r"crictl\.yaml"):
        endpoints.find("", "", Surroundings({}, config, ()))


def test_probe_tells_why_nothing_answers(stale: Path, tmp_path: Path) -> None:
    refused = backend.probe(RemoteOptions(endpoint=f"unix://{stale}"))
    absent = backend.probe(RemoteOptions(endpoint=f"unix://{tmp_path}/none.sock"))

    assert not refused.usable
    assert "connection refused" in refused.reason
    assert not absent.usable
    assert "no such socket" in absent.reason


def test_probe_finds_a_listening_socket(listening: Path) -> None:
    assert backend.probe(RemoteOptions(endpoint=str(listening))).usable


def test_probe_never_raises() -> None:
    assert not backend.probe(RemoteOptions(endpoint="nonsense")).usable
    assert not backend.probe(object()).usable


def test_open_raises_what_probe_says(tmp_path: Path) -> None:
    with pytest.raises(errors.BackendUnavailable, match="no such socket"):
        backend.open(RemoteOptions(endpoint=f"unix://{tmp_path}/none.sock"))
