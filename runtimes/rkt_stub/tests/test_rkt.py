"""What rkt does, quirks and all: the same on the stand-in and on a real one."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from runtimes.rkt_stub.program import features, prepare, run_prepared, status
from runtimes.rkt_stub.program.app import add, kill, sandbox
from runtimes.rkt_stub.program.app import status as app_status
from runtimes.rkt_stub.program.image_list import image_list
from runtimes.rkt_stub.program.list import find_pod, list_pods
from runtimes.rkt_stub.program.run_prepared import PodNetwork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runtimes.rkt_stub.program.shapes import PodManifest
    from runtimes.rkt_stub.tests.world import World

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci, pytest.mark.needs_registry]
NOBODY = "00000000-0000-0000-0000-000000000000"
LOOPBACK = PodNetwork(net="none")
SLEEPER = "trap 'exit 0' TERM; sleep 1000 & wait"


def image_id(world: World) -> str:
    return next(one["id"] for one in image_list(world.rkt) if "busybox" in one["name"])


def prepared(world: World, tmp_path: Path, **scripts: str) -> str:
    """A prepared pod with an app per script."""
    found = image_id(world)
    manifest: PodManifest = {
        "acVersion": "0.8.11",
        "acKind": "PodManifest",
        "apps": [
            {
                "name": name,
                "image": {"id": found},
                "app": {"exec": ["/bin/sh", "-c", script], "user": "0", "group": "0"},
            }
            for name, script in scripts.items()
        ],
        "userAnnotations": {"who": "tests"},
    }
    path = tmp_path / "pod.json"
    path.write_text(json.dumps(manifest))
    return prepare.prepare(world.rkt, path)


def codes(world: World, uuid: str) -> dict[str, int | None]:
    pod = find_pod(world.rkt, uuid)
    assert pod is not None
    return {app["name"]: app.get("exit_code") for app in pod.get("apps", ())}


def test_this_rkt_has_all_that_the_backends_need(rkt_world: World) -> None:
    assert features.missing(rkt_world.rkt, features.APPS) == []


def test_refusals_are_254(rkt_world: World) -> None:
    assert rkt_world.call("rm", NOBODY).code == 254
    assert rkt_world.call("stop", NOBODY).code == 254
    assert rkt_world.call("status", NOBODY).code == 254
    assert rkt_world.call("no-such-command").code == 254
    assert rkt_world.call("list", "--no-such-flag").code == 254


def test_an_image_of_a_registry_tells_its_name_in_its_annotations(rkt_world: World) -> None:
    answer = rkt_world.call("image", "cat-manifest", image_id(rkt_world))

    notes = {one["name"]: one["value"] for one in json.loads(answer.stdout)["annotations"]}
    assert notes["appc.io/docker/originalname"] == rkt_world.image
    assert json.loads(notes["appc.io/docker/cmd"]) == ["sh"]


def test_an_app_that_fails_takes_its_pod_along(rkt_world: World, tmp_path: Path) -> None:
    uuid = prepared(rkt_world, tmp_path, bad="echo from bad; exit 3", good=SLEEPER)

    pod = rkt_world.launch(*run_prepared.words(uuid, LOOPBACK))
    console, _ = pod.communicate(timeout=60)

    assert pod.returncode == 3
    lines = [run_prepared.console_line(line) for line in console.splitlines()]
    assert ("bad", b"from bad") in lines
    assert codes(rkt_world, uuid)["bad"] == 3
    assert rkt_world.call("run-prepared", uuid).code == 254
    assert rkt_world.call("rm", uuid).ok


def test_an_app_that_succeeds_leaves_the_others_alone(rkt_world: World, tmp_path: Path) -> None:
    uuid = prepared(rkt_world, tmp_path, short="exit 0", long=SLEEPER)
    with running(rkt_world, uuid):
        assert status.wait_ready(rkt_world.rkt, uuid, 30)
        until(lambda: codes(rkt_world, uuid)["short"] == 0)
        _check_running(rkt_world, uuid)
        assert rkt_world.call("rm", uuid).code == 254
        assert rkt_world.call("stop", uuid).ok
        assert status.wait_ended(rkt_world.rkt, uuid, 30)

    assert rkt_world.call("stop", uuid).ok
    assert rkt_world.call("rm", uuid).ok
    assert find_pod(rkt_world.rkt, uuid) is None


def _check_running(rkt_world: World, uuid: str) -> None:
    """Times of pods are seconds, those of apps nanoseconds."""
    found = find_pod(rkt_world.rkt, uuid)
    assert found is not None
    assert found["state"] == "running"
    assert found["created_at"] < 10**11 < found["apps"][0]["created_at"]
    assert found["user_annotations"] == {"who": "tests"}


@contextmanager
def running(world: World, uuid: str) -> Iterator[None]:
    pod = world.launch(*run_prepared.words(uuid, LOOPBACK))
    try:
        yield
    finally:
        world.call("stop", "--force", uuid)
        pod.communicate(timeout=60)


def exit_code(world: World, uuid: str) -> int | None:
    app = app_status.status(world.rkt, uuid, "a")
    return app.get("exit_code") if app else None


def until(done: Callable[[], object]) -> None:
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end
        time.sleep(0.05)


@contextmanager
def running_sandbox(world: World, tmp_path: Path) -> Iterator[str]:
    made = sandbox.Sandbox(uuid_file=tmp_path / "uuid", network=LOOPBACK, logs=tmp_path)
    pod = world.launch(*made.words())
    until(lambda: (tmp_path / "uuid").exists() and (tmp_path / "uuid").read_text())
    uuid = (tmp_path / "uuid").read_text().strip()
    try:
        assert status.wait_ready(world.rkt, uuid, 30)
        yield uuid
    finally:
        world.call("stop", "--force", uuid)
        pod.communicate(timeout=60)
        assert world.call("rm", uuid).ok


def test_an_app_of_a_sandbox_has_a_life_of_its_own(rkt_world: World, tmp_path: Path) -> None:
    with running_sandbox(rkt_world, tmp_path) as uuid:
        script = "echo out; echo err >&2; exit 4"
        app = add.NewApp(
            name="a", image_id=image_id(rkt_world), argv=("sh", "-c", script), log="a.log"
        )
        assert add.add(rkt_world.rkt, uuid, app).ok
        created = app_status.status(rkt_world.rkt, uuid, "a")
        assert created is not None
        assert (created["state"], created.get("exit_code")) == ("created", None)

        assert rkt_world.call("app", "start", uuid, "--app=a").ok
        until(lambda: exit_code(rkt_world, uuid) == 4)

        lines = [line.split(" ", 2)[1:] for line in (tmp_path / "a.log").read_text().splitlines()]
        assert ["stdout", "out"] in lines
        assert "err" in {text for _, text in lines}  # as stdout's, where systemd is newer than rkt
        assert rkt_world.call("app", "stop", uuid, "--app=a").ok
        assert rkt_world.call("app", "rm", uuid, "--app=a").ok
        assert app_status.status(rkt_world.rkt, uuid, "a") is None
        assert rkt_world.call("app", "rm", uuid, "--app=a").code == 254
        assert uuid in [pod["name"] for pod in list_pods(rkt_world.rkt)]


def test_the_pids_of_a_pod_end_with_it_and_an_app_can_be_killed_at_once(
    rkt_world: World, tmp_path: Path
) -> None:
    with running_sandbox(rkt_world, tmp_path) as uuid:
        script = "trap '' TERM; sleep 1000"
        app = add.NewApp(name="a", image_id=image_id(rkt_world), argv=("sh", "-c", script))
        assert add.add(rkt_world.rkt, uuid, app).ok
        assert rkt_world.call("app", "start", uuid, "--app=a").ok
        outer = status.parse_pid(rkt_world.call("status", uuid).text)
        first = status.pid_of(rkt_world.rkt, uuid)
        assert outer
        assert first

        assert not kill.kill(rkt_world.rkt, uuid, "a", outer)
        assert kill.kill(rkt_world.rkt, uuid, "a", first)

        until(lambda: exit_code(rkt_world, uuid) == 9)
        assert rkt_world.call("stop", "--force", uuid).ok
        assert status.wait_ended(rkt_world.rkt, uuid, 30)
        assert status.pid_of(rkt_world.rkt, uuid) is None


def test_a_death_by_signal_is_told_as_the_bare_signal(rkt_world: World, tmp_path: Path) -> None:
    with running_sandbox(rkt_world, tmp_path) as uuid:
        app = add.NewApp(name="a", image_id=image_id(rkt_world), argv=("sleep", "1000"))
        assert add.add(rkt_world.rkt, uuid, app).ok
        assert rkt_world.call("app", "start", uuid, "--app=a").ok

        answer = rkt_world.call("app", "exec", "--app=a", uuid, "sh", "-c", "id -u; exit 6")
        assert (answer.text, answer.code) == ("0\n", 6)
        assert rkt_world.call("app", "exec", "--app=a", uuid, "/no/such").code == 1

        assert rkt_world.call("app", "stop", uuid, "--app=a").ok
        until(lambda: exit_code(rkt_world, uuid) == 15)
