"""Streams and copies are the same on the embedded backend and through containerd's own server."""

from __future__ import annotations

import os
import socket
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.client import connect
from runtimes.client.exchange import Source, bytes_source, collect, exchange
from runtimes.cni.bridge.builtin import BuiltinBridge
from runtimes.cni.bridge.segment import BridgeOptions
from runtimes.contract.testimage.busybox import BUSYBOX, busybox
from runtimes.core import errors
from runtimes.core.configure import Config
from runtimes.kubelet.config import KubeletConfig

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from runtimes.client import Container, Pod, Runtime
    from runtimes.contract.engines.session import EngineSession

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_oci,
    pytest.mark.needs_containerd,
    pytest.mark.timeout(120),
]
BACKENDS = ("oci", "containerd-spdy", "containerd-websocket")
HALF_CLOSING = [name for name in BACKENDS if name != "containerd-websocket"]  # it knows v4 only
BRIDGE = "rtst0"
POD = f"""
apiVersion: v1
kind: Pod
metadata: {{name: NAME}}
spec:
  terminationGracePeriodSeconds: 0
  containers:
  - name: main
    image: "{BUSYBOX}"
    command: [sh, -c, "while true; do nc -l -p 8080 -e cat; done"]
  - name: talker
    image: "{BUSYBOX}"
    stdin: true
    tty: true
    command: [sh, -c, "read line; echo got $line; sleep 0.3; exit 6"]
"""


@pytest.fixture(scope="module")
def runtimes(
    tmp_path_factory: pytest.TempPathFactory, runtimes_engines: EngineSession
) -> Iterator[dict[str, Runtime]]:
    env = runtimes_engines.env("containerd")
    containerd = {
        "endpoint": env["CONTAINER_RUNTIME_ENDPOINT"],
        "streaming_netns": env["RUNTIMES_TEST_CONTAINERD_NETNS"],
    }
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("streams")
        own = {"root": folder / "root", "run_root": folder / "run", "bridge": BRIDGE}
        settings: dict[str, tuple[str, dict[str, Any]]] = {
            "oci": ("oci", dict(own)),
            "containerd-spdy": ("cri", {**containerd, "streaming": "spdy"}),
            "containerd-websocket": ("cri", {**containerd, "streaming": "websocket"}),
        }
        opened = {}
        for name, (backend, options) in settings.items():
            node = KubeletConfig(root=folder / name / "kubelet", log_root=folder / name / "logs")
            runtime = connect(backend, config=Config(), kubelet=node, **options)
            opened[name] = stack.enter_context(runtime)
        archive = folder / "busybox.tar"
        archive.write_bytes(busybox().archive())
        opened["oci"].import_image(archive)
        bridge = BuiltinBridge(folder / "run/network/bridge", BridgeOptions(BRIDGE))
        stack.callback(bridge.uninstall)
        yield opened


@pytest.fixture(scope="module", params=BACKENDS)
def pod(request: pytest.FixtureRequest, runtimes: dict[str, Runtime]) -> Iterator[Pod]:
    name: str = request.param
    found = runtimes[name].apply(POD.replace("NAME", name), timeout=60)
    yield found
    found.remove(force=True)


@pytest.fixture
def container(pod: Pod) -> Container:
    return pod.container()


def test_both_outputs_and_the_code_come_through(container: Container) -> None:
    with container.open_exec(["sh", "-c", "echo out; echo err >&2; exit 5"]) as session:
        result = collect(session)

    assert (result.exit_code, result.stdout, result.stderr) == (5, b"out\n", b"err\n")


def test_much_output_comes_complete(container: Container) -> None:
    with container.open_exec(["head", "-c", "5000000", "/dev/zero"]) as session:
        assert sum(len(data) for _, data in exchange(session)) == 5_000_000
        assert session.wait(10) == 0


def test_binary_data_and_the_inputs_end_pass(container: Container) -> None:
    if container.pod.name not in HALF_CLOSING:
        pytest.skip("v4 of the WebSocket protocol can't end an input")
    data = os.urandom(1024) * 1024
    with bytes_source(data) as source, container.open_exec(["cat"], stdin=True) as session:
        result = collect(session, source)

    assert (result.exit_code, result.stdout == data) == (0, True)


def test_a_terminal_has_a_size_and_its_keys_reach_the_program(container: Container) -> None:
    reader, writer = os.pipe()
    try:
        with container.open_exec(["sh"], tty=True, stdin=True) as session:
            session.resize(97, 37)
            shown = b""
            os.write(writer, b"stty size\n")
            for _, data in exchange(session, Source(reader)):
                shown += data
                if b"37 97" in shown:
                    os.write(writer, b"sh -c 'echo s''leeps; exec sleep 600'\n")
                    shown = b""
                if b"sleeps" in shown:
                    os.write(writer, b"\x03exit 4\n")
                    shown = b""
            assert session.wait(10) == 4
    finally:
        os.close(reader)
        os.close(writer)


def test_a_missing_program_is_told(container: Container) -> None:
    with (
        pytest.raises((errors.InvalidArgument, errors.Internal), match="no-such-program"),
        container.open_exec(["no-such-program"]) as session,
    ):
        collect(session)


def test_attaching_reaches_the_main_process_and_ends_with_its_code(pod: Pod) -> None:
    with (
        bytes_source(b"words\n") as source,
        pod.container("talker").attach(stdin=True) as session,
    ):
        shown = b"".join(data for _, data in exchange(session, source))

        assert b"got words" in shown
        assert session.wait(10) == 6


def test_a_forwarded_port_carries_bytes_both_ways(pod: Pod) -> None:
    with pod.port_forward([":8080"]) as forward:
        address = ("127.0.0.1", forward.ports[0].local)
        with socket.create_connection(address, 20) as connection:
            data = os.urandom(200_000)
            sending = threading.Thread(target=connection.sendall, args=(data,))
            sending.start()
            with connection.makefile("rb") as file:
                assert file.read(len(data)) == data
            sending.join()


def test_files_go_in_and_come_out_with_their_modes(container: Container, tmp_path: Path) -> None:
    if container.pod.name not in HALF_CLOSING:
        pytest.skip("v4 of the WebSocket protocol can't end an input")
    tree = tmp_path / "tree"
    (tree / "inner").mkdir(parents=True)
    (tree / "run").write_bytes(b"\0\xff")
    (tree / "run").chmod(0o751)
    (tree / "inner" / ("n" * 150)).write_bytes(os.urandom(100_000))

    container.copy_to(tree, "/copied")
    container.copy_from("/copied", tmp_path / "back")

    assert (tmp_path / "back" / "run").stat().st_mode & 0o777 == 0o751
    for path in (path for path in tree.rglob("*") if path.is_file()):
        assert (tmp_path / "back" / path.relative_to(tree)).read_bytes() == path.read_bytes()
