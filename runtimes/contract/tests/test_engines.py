"""Private engines: who holds them, what they leave, what they say when they can't start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.engines import __main__ as command
from runtimes.contract.engines import containerd, init
from runtimes.contract.engines.places import MAX_SOCKET, Places
from runtimes.contract.engines.process import EngineFailed, ProcessId
from runtimes.contract.engines.unix_http import UnixConnection
from runtimes.contract.engines.world import World
from runtimes.contract.traces import mounts_below, processes_naming

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.engines.session import EngineSession


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "100"]) as process:
        yield process
        process.kill()


def engines(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runtimes.contract.engines", *arguments, "--dir", folder],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def variables(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    assert done.returncode == 0, done.stderr
    return dict(line.partition("=")[::2] for line in done.stdout.splitlines())


def test_a_process_is_known_by_its_pid_and_start(child: subprocess.Popen[bytes]) -> None:
    identity = ProcessId.of(child.pid)
    assert identity is not None

    assert identity.alive
    assert not ProcessId(child.pid, identity.start + 1).alive


def test_a_process_that_ended_is_not_alive(child: subprocess.Popen[bytes]) -> None:
    identity = ProcessId.of(child.pid)
    assert identity is not None

    identity.kill()

    assert not identity.alive
    assert child.wait() == -signal.SIGKILL
    identity.kill()


def test_an_identity_survives_on_disk(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    identity = ProcessId.of(child.pid)
    assert identity is not None

    identity.save(tmp_path / "file")

    assert ProcessId.load(tmp_path / "file") == identity
    (tmp_path / "file").write_text("{")
    assert ProcessId.load(tmp_path / "file") is None


def test_the_last_holder_to_let_go_ends_an_engine(
    child: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    places = Places(tmp_path)
    me, other = ProcessId.of(os.getpid()), ProcessId.of(child.pid)
    assert me is not None
    places.hold("containerd", me)
    places.hold("containerd", other)

    assert places.release("containerd", me) == [str(child.pid)]
    assert places.release("containerd", other) == []


def test_a_holder_that_died_does_not_count(child: subprocess.Popen[bytes], tmp_path: Path) -> None:
    places = Places(tmp_path)
    me, other = ProcessId.of(os.getpid()), ProcessId.of(child.pid)
    places.hold("containerd", me)
    places.hold("containerd", other)

    child.kill()
    child.wait()

    assert places.release("containerd", me) == []


def test_what_the_user_started_outlives_the_tests_that_use_it(tmp_path: Path) -> None:
    places = Places(tmp_path)
    me = ProcessId.of(os.getpid())
    places.hold("containerd", None)
    places.hold("containerd", me)

    assert places.release("containerd", me) == ["user"]
    assert places.release("containerd", None) == []


def test_the_user_does_not_end_what_a_test_still_uses_unless_forced(tmp_path: Path) -> None:
    places = Places(tmp_path)
    places.hold("registry", ProcessId.of(os.getpid()))

    refused = engines(tmp_path, "stop", "registry")
    forced = engines(tmp_path, "stop", "registry", "--force")

    assert f"process {os.getpid()} uses it" in refused.stdout
    assert forced.stdout == ""
    assert places.release("registry", None) == []


def test_a_socket_path_that_the_kernel_would_cut_is_refused(tmp_path: Path) -> None:
    places = Places(tmp_path / ("x" * MAX_SOCKET))

    with pytest.raises(EngineFailed, match="--dir"):
        places.socket("containerd")


def test_what_is_missing_is_named_with_its_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(containerd, "CNI_FOLDERS", ())

    code = command.main(["start", "containerd", "--dir", str(tmp_path)])

    assert code == command.MISSING
    assert "containernetworking-plugins" in capsys.readouterr().err


def test_ending_what_never_started_succeeds(tmp_path: Path) -> None:
    assert engines(tmp_path, "stop").returncode == 0
    assert engines(tmp_path, "stop").returncode == 0


@pytest.mark.needs_root
@pytest.mark.needs_containerd
@pytest.mark.timeout(300)
def test_containerd_starts_once_and_takes_everything_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "e"
    try:
        first = variables(engines(folder, "start", "containerd"))
        second = variables(engines(folder, "start", "containerd"))
        socket = Path(first["CONTAINER_RUNTIME_ENDPOINT"].removeprefix("unix://"))
        assert first == second == variables(engines(folder, "env"))
        assert socket.is_socket()
    finally:
        engines(folder, "stop")

    assert not socket.exists()
    assert mounts_below(folder) == frozenset()
    assert processes_naming(str(folder)) == frozenset()
    assert not (folder / "containerd").exists()


@pytest.mark.needs_root
@pytest.mark.needs_containerd
@pytest.mark.timeout(300)
def test_containerd_starts_again_after_its_processes_were_killed(tmp_path: Path) -> None:
    folder = tmp_path / "e"
    try:
        variables(engines(folder, "start", "containerd"))
        first = ProcessId.load(folder / "containerd" / "first.json")
        assert first is not None
        first.kill()
        assert "containerd  stopped" in engines(folder, "status").stdout

        assert "CONTAINER_RUNTIME_ENDPOINT" in variables(engines(folder, "start", "containerd"))
    finally:
        engines(folder, "stop")


@pytest.mark.needs_root
@pytest.mark.needs_docker
def test_dockerd_has_the_suites_images(runtimes_engines: EngineSession) -> None:
    host = runtimes_engines.env("dockerd")["RUNTIMES_TEST_DOCKER_HOST"]
    connection = UnixConnection(Path(host.removeprefix("unix://")))
    connection.request("GET", "/images/json")
    body = connection.getresponse().read()
    connection.close()

    assert b"localhost/runtimes-test/busybox:1" in body
    assert b"localhost/runtimes-test/pause:1" in body


@pytest.mark.needs_root
@pytest.mark.needs_docker
def test_a_mount_in_the_shared_folder_is_seen_on_both_sides(
    runtimes_engines: EngineSession,
) -> None:
    world = World(Places(runtimes_engines.folder).engine("dockerd"))
    with runtimes_engines.folder_shared_with("dockerd") as folder:
        here, there = folder / "here", folder / "there"
        for path in (here, there):
            path.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "none", here], check=True)
        world.run(["mount", "-t", "tmpfs", "none", str(there)])
        try:
            (here / "word").write_text("ours")
            assert world.run(["cat", str(here / "word")]) == "ours"
            assert there.is_mount()
        finally:
            subprocess.run(["umount", here, there], check=True)


@pytest.mark.needs_root
@pytest.mark.needs_docker
def test_a_mount_elsewhere_stays_on_its_side(
    runtimes_engines: EngineSession, tmp_path: Path
) -> None:
    world = World(Places(runtimes_engines.folder).engine("dockerd"))

    world.run(["mount", "-t", "tmpfs", "none", str(tmp_path)])

    assert not tmp_path.is_mount()
    world.run(["umount", str(tmp_path)])


def test_mount_points_are_read_as_the_kernel_writes_them() -> None:
    line = "36 35 98:0 / {} rw,noatime - tmpfs none rw\n"
    table = (line.format("/mnt/\\040über") + line.format("/")).encode()

    assert init.points(table) == ["/mnt/ über", "/"]


@pytest.mark.needs_root
def test_namespaces_whose_mounts_stay_shared_are_refused(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    command = [sys.executable, "-I", "-S", init.__file__, str(ready), str(tmp_path / "shared")]
    powerless = ["unshare", "--mount", "setpriv", "--bounding-set", "-sys_admin"]

    done = subprocess.run(
        [*powerless, *command], capture_output=True, text=True, check=False, timeout=30
    )

    assert "private: Operation not permitted" in done.stderr
    assert not ready.exists()


@pytest.mark.needs_registry
@pytest.mark.timeout(300)
def test_the_registry_has_the_suites_busybox_and_keeps_its_address(tmp_path: Path) -> None:
    folder = tmp_path / "e"
    try:
        address = variables(engines(folder, "start", "registry"))["RUNTIMES_TEST_REGISTRY"]
        engines(folder, "stop", "registry")
        again = variables(engines(folder, "start", "registry"))["RUNTIMES_TEST_REGISTRY"]
        assert again == address
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://{address}/v2/runtimes-test/busybox/tags/list") as answer:
            assert b'"1"' in answer.read()
    finally:
        engines(folder, "stop")
