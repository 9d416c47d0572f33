"""The pytest plugin in a suite of its own, with real pods on the embedded backend."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn
from xml.etree import ElementTree

import pytest
from msgspec.structs import replace

from runtimes.client import RunOptions, Runtime, connect, image_pod
from runtimes.client.pod import Pod
from runtimes.client.testing import pod as testing_pod
from runtimes.client.testing.pods import PROCESS, Pods, remove_leftovers
from runtimes.client.testing.report import evidence
from runtimes.client.tests.pod_examples import node
from runtimes.contract.testimage.busybox import busybox
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONFTEST = """
import pytest
from pathlib import Path
from runtimes.client import connect
from runtimes.client.tests.pod_examples import node

@pytest.fixture(scope="session")
def pod_runtime():
    folder = Path({folder!r})
    options = dict(root=folder / "oci", run_root=folder / "run", bridge={bridge!r})
    with node(folder) as kubelet, connect("oci", kubelet=kubelet, **options) as runtime:
        yield runtime
"""
SUITE = '''
import time
import urllib.request
import pytest
from runtimes.client import StartFailed

IMAGE = {image!r}
WEB = """
apiVersion: v1
kind: ConfigMap
metadata: {{name: words}}
data: {{index.html: "hello from the pod"}}
---
apiVersion: v1
kind: Pod
metadata: {{name: web}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: server
    image: IMAGE
    command: [httpd, -f, -v, -p, "80", -h, /www]
    readinessProbe: {{httpGet: {{port: 80, path: /}}, periodSeconds: 1}}
    volumeMounts: [{{name: www, mountPath: /www}}]
  volumes: [{{name: www, configMap: {{name: words}}}}]
""".replace("IMAGE", IMAGE)


def test_a_web_server_answers(pod, tmp_path):
    path = tmp_path / "web.yaml"
    path.write_text(WEB)
    web = pod(path).wait_ready()

    for place in (f"127.0.0.1:{{web.port(80)}}", web.ip):
        with urllib.request.urlopen(f"http://{{place}}/", timeout=20) as answer:
            assert answer.read() == b"hello from the pod"
    assert web.exec(["cat", "/www/index.html"]).stdout == b"hello from the pod"
    assert web.exec(["sh", "-c", "exit 3"]).exit_code == 3
    assert "Started: Started container server" in web.events()


def test_one_image_is_enough(pod):
    job = pod(image=IMAGE, command=["sh", "-c", "echo $WHO; exit 4"], env={{"WHO": "me"}})
    assert job.wait() == 4
    assert (job.logs(), job.phase) == ("me\\n", "Failed")


def test_containers_are_restarted_meanwhile(pod):
    crash = pod(image=IMAGE, command=["sh", "-c", "echo again; exit 1"], restart="Always")
    crash.wait_log("again")
    while not crash.restarts:
        time.sleep(0.05)


def test_two_pods_of_one_name_do_not_meet(pod):
    assert pod(WEB).namespace == pod.namespace
    first = pod(image=IMAGE, command=["sleep", "1000"], name="twin")
    assert first.phase == "Running"


def test_a_failure_tells_of_its_pods(pod):
    pod(image=IMAGE, command=["sh", "-c", "echo words of the pod; exit 7"], name="teller").wait()
    assert False, "on purpose"


@pytest.fixture(scope="module")
def server(pod_factory):
    return pod_factory(WEB).wait_ready()


def test_a_pod_serves_several_tests(server):
    assert server.ready


def test_a_pod_of_several_tests_is_told_too(server):
    assert server.restarts, "none yet"


def test_a_mistake_is_told_without_our_lines(pod):
    pod("kind: Pod\\nspec: {{}}\\n")


@pytest.fixture
def broken(pod):
    pod(image=IMAGE, command=["echo", "words to a fixture"]).wait()
    raise RuntimeError("on purpose")


def test_a_fixture_that_fails_tells_too(broken):
    pass


def test_a_pod_that_cannot_start_is_told_too(pod):
    pod({{
        "apiVersion": "v1", "kind": "Pod", "metadata": {{"name": "lost"}},
        "spec": {{"containers": [
            {{"name": "app", "image": "localhost/nothing:1", "imagePullPolicy": "Never"}}]}},
    }})
'''


@dataclass(frozen=True)
class Place:
    """Where the embedded backend keeps everything, and the image that it has."""

    folder: Path
    bridge: str
    image: str
    runtime: Runtime


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    from runtimes.cni.bridge.builtin import BuiltinBridge
    from runtimes.cni.bridge.segment import BridgeOptions

    folder = tmp_path_factory.mktemp("oci")
    folder.chmod(0o755)
    (folder / "busybox.tar").write_bytes(busybox().archive())
    bridge, run_root = f"rtp{os.getpid():x}", folder / "run"
    places: dict[str, Any] = {"root": folder / "oci", "run_root": run_root, "bridge": bridge}
    with node(folder) as kubelet, connect("oci", kubelet=kubelet, **places) as runtime:
        image = runtime.import_image(folder / "busybox.tar")[0]
        yield Place(folder, bridge, image, runtime)
        assert [pod.full_name for pod in runtime.pods()] == []
    BuiltinBridge(run_root / "network/bridge", BridgeOptions(bridge)).uninstall()


@dataclass(frozen=True)
class Ran:
    """What the suite printed and reported."""

    out: str
    junit: ElementTree.Element

    def failure(self, name: str) -> str:
        cases = (one for one in self.junit.iter("testcase") if one.get("name") == name)
        return "".join(found.text or "" for one in cases for found in one)


@pytest.fixture(scope="module")
def ran(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The suite, run once, in a process of its own."""
    folder = tmp_path_factory.mktemp("suite")
    (folder / "conftest.py").write_text(
        CONFTEST.format(folder=str(place.folder), bridge=place.bridge)
    )
    (folder / "test_suite.py").write_text(SUITE.format(image=place.image))
    (folder / "pytest.ini").write_text("[pytest]\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--junit-xml=report.xml"],
        cwd=folder, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    return Ran(done.stdout, ElementTree.parse(folder / "report.xml").getroot())


on_oci = [pytest.mark.needs_oci, pytest.mark.needs_root, pytest.mark.timeout(150)]


class TestOnTheEmbeddedBackend:
    pytestmark = on_oci

    def test_a_suite_starts_pods_and_fails_where_it_means_to(self, ran: Ran) -> None:
        assert "4 failed, 5 passed, 1 error" in ran.out, ran.out

    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("test_a_failure_tells_of_its_pods", ("words of the pod", "ended with 7 Error")),
            ("test_a_fixture_that_fails_tells_too", ("words to a fixture", "Started container")),
            ("test_a_pod_of_several_tests_is_told_too", ("Started container server",)),
            ("test_a_pod_that_cannot_start_is_told_too", ("ErrImageNeverPull", "lost: events")),
            ("test_a_mistake_is_told_without_our_lines", ("metadata.name: required",)),
        ],
    )
    def test_a_failure_tells_states_events_and_logs(
        self, ran: Ran, name: str, words: tuple[str, ...]
    ) -> None:
        told = ran.failure(name)

        assert [word for word in words if word not in told or word not in ran.out] == []
        assert "runtimes/" not in told

    @pytest.mark.usefixtures("ran")
    def test_nothing_is_left_of_any_test(self, place: Place) -> None:
        assert [pod.full_name for pod in place.runtime.pods()] == []
        assert place.runtime.containers(include_exited=True) == []


def test_what_a_killed_test_process_left_is_removed(runtime: Runtime) -> None:
    mine = Pods(runtime)
    kept = mine(image="busybox", command=["sleep", "1000"], name="kept")
    pod = image_pod("busybox", ["sleep", "1000"], RunOptions(name="left"))
    notes = {**pod.metadata.annotations, PROCESS: "1.1"}
    runtime.create(replace(pod, metadata=replace(pod.metadata, annotations=notes))).start()
    runtime.run("busybox", ["sleep", "1000"], RunOptions(name="somebodys"))

    assert remove_leftovers(runtime) == ["default/left"]

    assert {one.name for one in runtime.pods()} == {"kept", "somebodys"}
    assert kept.phase == "Running"
    mine.end()
    assert {one.name for one in runtime.pods()} == {"somebodys"}


def test_a_leftover_that_cannot_be_removed_keeps_no_other(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = Pod.remove

    def refuse_one(pod: Pod, *, force: bool = False) -> None:
        if pod.name == "stuck":
            raise errors.Internal("it is stuck")
        remove(pod, force=force)

    for name in ("one", "stuck", "two"):
        pod = image_pod("busybox", ["true"], RunOptions(name=name))
        notes = {**pod.metadata.annotations, PROCESS: "1.1"}
        runtime.create(replace(pod, metadata=replace(pod.metadata, annotations=notes)))
    monkeypatch.setattr(Pod, "remove", refuse_one)

    with pytest.raises(ExceptionGroup) as raised:
        remove_leftovers(runtime)

    assert [str(one) for one in raised.value.exceptions] == ["it is stuck"]
    assert [pod.name for pod in runtime.pods()] == ["stuck"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "give a manifest or image="),
        ({"manifest": "kind: Pod\n", "image": "busybox"}, "give a manifest or image="),
        ({"manifest": "kind: Pod\n", "env": {"A": "b"}}, "options are for image="),
    ],
)
def test_what_cannot_be_meant_is_refused(
    runtime: Runtime, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(errors.InvalidArgument, match=words):
        Pods(runtime)(**arguments)  # type: ignore[arg-type]  # its point


def test_waiting_for_what_never_comes_ends(runtime: Runtime) -> None:
    pods = Pods(runtime)
    sleeper = pods(image="busybox", command=["sleep", "1000"])
    with pytest.raises(errors.DeadlineExceeded, match="not within"):
        sleeper.wait_log("never", timeout=0.2)
    with pytest.raises(errors.DeadlineExceeded, match="has ended: not within"):
        sleeper.wait(timeout=0.2)
    ended = pods(image="busybox", command=["true"])
    with pytest.raises(errors.FailedPrecondition, match="it has ended"):
        ended.wait_log("never")
    with pytest.raises(errors.FailedPrecondition, match="it has ended"):
        ended.wait_ready()
    pods.end()


def test_waiting_for_a_log_ends_with_its_driver(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    pods = Pods(runtime)
    sleeper = pods(image="busybox", command=["sleep", "1000"])
    monkeypatch.setattr(sleeper, "_error", errors.Unavailable("the engine is gone"))

    with pytest.raises(errors.Unavailable, match="the engine is gone"):
        sleeper.wait_log("never")

    pods.end()


def test_a_log_that_cannot_be_read_hides_no_other(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise errors.NotFound("it is gone")

    pods = Pods(runtime)
    crash = pods(image="busybox", command=["sh", "-c", "echo now; exit 1"], restart="Always")
    while not crash.restarts:
        threading.Event().wait(0.02)
    crash.wait_log("now")
    monkeypatch.setattr(crash.pod, "previous_logs", refuse)

    (logs,) = (text for title, text in evidence(crash) if title.endswith("logs"))

    assert "it is gone" in logs
    assert logs.endswith("now")
    pods.end()


def test_one_that_cannot_be_closed_keeps_no_pod(runtime: Runtime) -> None:
    def refuse() -> NoReturn:
        raise OSError("the port is stuck")

    pods = Pods(runtime)
    for _ in range(2):
        pods(image="busybox", command=["sleep", "1000"])._open.callback(refuse)

    with pytest.raises(ExceptionGroup) as raised:
        pods.end()

    assert [type(one) for one in raised.value.exceptions] == [OSError, OSError]
    assert list(runtime.pods()) == []


def test_a_driver_that_goes_on_is_told(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(Pod, "drive", lambda *_: release.wait())
    monkeypatch.setattr(testing_pod, "PATIENCE", 0.1)
    pods = Pods(runtime)
    with pytest.raises(errors.DeadlineExceeded):
        pods(image="busybox", timeout=0.1)

    with pytest.raises(ExceptionGroup) as raised:
        pods.end()

    assert "its driver goes on" in str(raised.value.exceptions[0])
    release.set()


WITH_WORDS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: words}
data: {A: b}
---
apiVersion: v1
kind: Pod
metadata: {name: reader}
spec:
  containers:
  - {name: main, image: busybox, command: [sleep, "1000"], envFrom: [{configMapRef: {name: words}}]}
"""


def test_what_is_kept_for_a_pod_goes_with_it_or_never_comes(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: object) -> NoReturn:
        raise errors.AlreadyExists("taken")

    pods = Pods(runtime)
    objects = runtime.store.objects
    pods(WITH_WORDS)
    assert objects.config_map(pods.namespace, "words") is not None
    pods.end()
    assert objects.config_map(pods.namespace, "words") is None

    monkeypatch.setattr(runtime, "create", refuse)
    with pytest.raises(errors.AlreadyExists):
        pods(WITH_WORDS)
    assert objects.config_map(pods.namespace, "words") is None
