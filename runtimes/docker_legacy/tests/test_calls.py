"""Short calls: statuses, timeouts, answers with holes."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.core.docker.interface import CreateOptions, ListOptions
from runtimes.docker_legacy import patience
from runtimes.docker_legacy.client import DockerClient
from runtimes.docker_legacy.endpoint import Endpoint
from runtimes.docker_legacy.errors import message_of, of_status

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runtimes.docker_legacy.tests.conftest import Exchange, ScriptedEngine

CREATE = "POST /containers/create"
OPTIONS = CreateOptions(name="web", config={"Image": "app:1"}, host_config={})


def test_every_status_has_a_class() -> None:
    kinds = {status: of_status(status) for status in range(300, 600)}

    assert kinds[409] is errors.FailedPrecondition
    assert kinds[418] is errors.InvalidArgument
    assert kinds[503] is errors.Unavailable
    assert kinds[500] is kinds[302] is errors.Internal


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"message":"no"}', "no"),
        (b"plain\n", "plain"),
        (b"", "without a message"),
        (b'{"message":7}', '{"message":7}'),
        (b"[1]", "[1]"),
    ],
)
def test_what_the_engine_says_is_shown_whatever_its_form(body: bytes, said: str) -> None:
    assert message_of(body) == said


CALLS: list[tuple[str, Callable[[DockerClient], object], type[errors.Error]]] = [
    ("GET /containers/c1/json", lambda d: d.inspect_container("c1"), errors.NotFound),
    ("POST /containers/c1/start", lambda d: d.start_container("c1"), errors.NotFound),
    ("POST /containers/c1/stop", lambda d: d.stop_container("c1", 1), errors.NotFound),
    ("DELETE /containers/c1", lambda d: d.remove_container("c1"), errors.NotFound),
    ("POST /containers/c1/resize", lambda d: d.resize_container_tty("c1", 1, 2), errors.NotFound),
    ("POST /containers/c1/exec", lambda d: d.create_exec("c1", {"Cmd": ["x"]}), errors.NotFound),
    ("GET /exec/x1/json", lambda d: d.inspect_exec("x1"), errors.NotFound),
    ("POST /exec/x1/resize", lambda d: d.resize_exec_tty("x1", 1, 2), errors.NotFound),
    ("GET /images/app:1/json", lambda d: d.inspect_image("app:1"), errors.ImageNotFound),
    ("GET /images/app:1/history", lambda d: d.image_history("app:1"), errors.ImageNotFound),
    ("DELETE /images/app:1", lambda d: d.remove_image("app:1"), errors.ImageNotFound),
]


@pytest.mark.parametrize(("what", "call", "kind"), CALLS, ids=[what for what, *_ in CALLS])
def test_404_means_what_was_asked_for(  # noqa: PLR0917 - a table
    scripted: ScriptedEngine,
    docker: DockerClient,
    what: str,
    call: Callable[[DockerClient], object],
    kind: type[errors.Error],
) -> None:
    scripted.replies(what, 404, {"message": "conflict: already in use by container"})

    with pytest.raises(errors.Error, match="already in use") as caught:
        call(docker)

    assert type(caught.value) is kind


@pytest.mark.parametrize(("what", "call", "_kind"), CALLS, ids=[what for what, *_ in CALLS])
def test_503_is_unavailable_everywhere(
    scripted: ScriptedEngine,
    docker: DockerClient,
    what: str,
    call: Callable[[DockerClient], object],
    _kind: type[errors.Error],
) -> None:
    scripted.replies(what, 503, {"message": "shutting down"})

    with pytest.raises(errors.Unavailable, match="shutting down"):
        call(docker)


@pytest.mark.parametrize(
    ("status", "holder", "image", "kind"),
    [
        (409, True, True, errors.AlreadyExists),
        (409, False, True, errors.AlreadyExists),
        (500, True, True, errors.AlreadyExists),
        (500, False, True, errors.Internal),
        (404, False, False, errors.ImageNotFound),
        (404, False, True, errors.NotFound),
        (400, False, True, errors.InvalidArgument),
    ],
)
def test_create_that_is_refused_is_judged_by_the_state_of_things(  # noqa: PLR0917 - a table
    scripted: ScriptedEngine,
    docker: DockerClient,
    status: int,
    holder: bool,
    image: bool,
    kind: type[errors.Error],
) -> None:
    scripted.replies(CREATE, status, {"message": "whatever it says"})
    scripted.replies("GET /containers/web/json", 200 if holder else 404, {"Id": "the-holder"})
    scripted.replies("GET /images/app:1/json", 200 if image else 404, {"Id": "sha256:1"})

    with pytest.raises(errors.Error, match="whatever it says") as caught:
        docker.create_container(OPTIONS)

    assert type(caught.value) is kind
    assert ("the-holder" in str(caught.value)) == holder


@pytest.mark.parametrize(
    ("running", "kind"), [(True, errors.FailedPrecondition), (False, errors.Aborted)]
)
def test_remove_that_conflicts_is_judged_by_the_container_s_state(
    scripted: ScriptedEngine, docker: DockerClient, running: bool, kind: type[errors.Error]
) -> None:
    scripted.replies("DELETE /containers/c1", 409, {"message": "no"})
    scripted.replies("GET /containers/c1/json", 200, {"Id": "c1", "State": {"Running": running}})

    with pytest.raises(kind):
        docker.remove_container("c1")


def test_start_of_what_names_an_absent_thing_is_an_invalid_argument(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.replies("POST /containers/c1/start", 404, {"message": "No such container: other"})
    scripted.replies("GET /containers/c1/json", 200, {"Id": "c1"})

    with pytest.raises(errors.InvalidArgument):
        docker.start_container("c1")


@pytest.mark.parametrize("call", ["start", "stop"])
def test_304_is_done_already(scripted: ScriptedEngine, docker: DockerClient, call: str) -> None:
    scripted.replies(f"POST /containers/c1/{call}", 304)

    if call == "start":
        docker.start_container("c1")
    else:
        docker.stop_container("c1", 5)


def test_a_redirection_is_not_followed(scripted: ScriptedEngine, docker: DockerClient) -> None:
    head = b"HTTP/1.1 301 Moved\r\nLocation: /v1.41/containers/json\r\nContent-Length: 0\r\n\r\n"
    scripted.on("GET /info", lambda exchange: exchange.send(head))

    with pytest.raises(errors.Internal, match="301"):
        docker.info()

    assert "/containers/json" not in [one.path for one in scripted.seen]


def test_names_are_quoted(scripted: ScriptedEngine, docker: DockerClient) -> None:
    with pytest.raises(errors.NotFound):
        docker.inspect_container("../images/x?all=1")

    assert scripted.seen[-1].path == "/containers/..%2Fimages%2Fx%3Fall%3D1/json"


def test_create_sends_the_configuration_as_it_is(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.replies(CREATE, 201, {"Id": "new", "Warnings": None})

    created = docker.create_container(
        CreateOptions(
            name="web", config={"Image": "app:1"}, host_config={"MaskedPaths": [], "ShmSize": 0}
        )
    )

    assert created == {"Id": "new", "Warnings": []}
    assert scripted.last(CREATE).query == {"name": "web"}
    assert json.loads(scripted.last(CREATE).body) == {
        "Image": "app:1",
        "HostConfig": {"MaskedPaths": [], "ShmSize": 64 * 1024 * 1024},
    }


def test_filters_are_json(scripted: ScriptedEngine, docker: DockerClient) -> None:
    scripted.replies("GET /containers/json", 200, None)

    found = docker.list_containers(ListOptions(all=True, filters={"label": ["a=b"]}))

    assert found == []
    assert scripted.seen[-1].query == {"all": "1", "filters": '{"label": ["a=b"]}'}


def test_containers_are_listed_newest_first(scripted: ScriptedEngine, docker: DockerClient) -> None:
    items = [{"Id": "old", "Created": 1}, {"Id": "new", "Created": 9}]
    scripted.replies("GET /containers/json", 200, items)

    assert [one["Id"] for one in docker.list_containers(ListOptions())] == ["new", "old"]


def test_missing_and_null_fields_are_filled_and_unknown_ones_kept(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    answer = {"Id": "c1", "State": {"Running": True, "New": 1}, "Args": None, "Future": {"x": 1}}
    scripted.replies("GET /containers/c1/json", 200, answer)

    found = docker.inspect_container("c1")

    assert found["State"]["Pid"] == 0
    assert found["State"]["StartedAt"] == "0001-01-01T00:00:00Z"
    assert found["Args"] == []
    assert found["Future"] == {"x": 1}  # type: ignore[typeddict-item]  # unknown on purpose


@pytest.mark.parametrize("body", [b"<html>", b"[1, 2]", b'"text"', b""])
def test_an_answer_of_another_form_is_internal(
    scripted: ScriptedEngine, docker: DockerClient, body: bytes
) -> None:
    scripted.replies("GET /info", 200, body)

    with pytest.raises(errors.Internal):
        docker.info()


def slow_head(scripted: ScriptedEngine) -> Callable[[Exchange], None]:
    return scripted.hang


def slow_body(scripted: ScriptedEngine) -> Callable[[Exchange], None]:
    def handler(exchange: Exchange) -> None:
        exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
        scripted.released.wait(10)

    return handler


@pytest.mark.parametrize("slow", [slow_head, slow_body])
def test_an_engine_that_hangs_is_given_up_at_the_deadline(
    scripted: ScriptedEngine,
    docker: DockerClient,
    slow: Callable[[ScriptedEngine], Callable[[Exchange], None]],
) -> None:
    scripted.on("GET /info", slow(scripted))
    before = time.monotonic()

    with deadline.within(0.4), pytest.raises(errors.DeadlineExceeded, match="how the Engine"):
        docker.info()

    assert 0.3 < time.monotonic() - before < 3


def test_a_passed_deadline_makes_no_request(scripted: ScriptedEngine, docker: DockerClient) -> None:
    docker.version()
    asked = len(scripted.seen)

    with deadline.within(0.0), pytest.raises(errors.DeadlineExceeded):
        docker.info()

    assert len(scripted.seen) == asked


def test_an_engine_that_goes_away_is_unavailable_and_asked_again_for_its_version(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.on("GET /info", lambda exchange: exchange.wire.close())
    with pytest.raises(errors.Unavailable, match="is dockerd running"):
        docker.info()

    scripted.replies("GET /info", 200, {"ID": "other"})
    assert docker.info()["ID"] == "other"

    assert [one.path for one in scripted.seen].count("/version") == 2


def test_an_engine_that_restarts_is_found_again(
    tmp_path: Path, new_engine: Callable[[Path], ScriptedEngine]
) -> None:
    first, second = new_engine(tmp_path / "sock"), new_engine(tmp_path / "sock")
    with DockerClient(Endpoint(path=str(tmp_path / "sock")), base_timeout=10) as docker:
        first.replies("GET /info", 200, {"ID": "before"})
        first.start()
        assert docker.info()["ID"] == "before"
        first.stop()

        second.replies("GET /info", 200, {"ID": "after"})
        second.start()

        assert docker.info()["ID"] == "after"
        second.stop()


def test_nobody_listening_is_unavailable_with_the_remedy(tmp_path: Path) -> None:
    with (
        DockerClient(Endpoint(path=str(tmp_path / "none"))) as docker,
        pytest.raises(errors.Unavailable, match="is dockerd running"),
    ):
        docker.version()


def test_a_closed_client_says_so(docker: DockerClient) -> None:
    docker.version()
    docker.close()
    docker.close()

    with pytest.raises(errors.Unavailable, match="closed"):
        docker.info()


def test_stop_waits_longer_than_its_grace_period() -> None:
    assert patience.stop(120, 10) == 130
    assert patience.stop(120, 600) == 610
    with deadline.within(5):
        assert (patience.stop(120, 600) or 0) <= 5
        assert (patience.unbounded() or 0) <= 5
    assert patience.unbounded() is None
    assert patience.short(120) == 120


def test_a_stop_longer_than_the_timeout_is_waited_for(scripted: ScriptedEngine) -> None:
    def slowly(exchange: Exchange) -> None:
        time.sleep(0.8)
        exchange.answer(204)

    scripted.on("POST /containers/c1/stop", slowly)

    with DockerClient(Endpoint(path=str(scripted.path)), base_timeout=0.3) as docker:
        docker.stop_container("c1", 1)

    assert scripted.seen[-1].query == {"t": "1"}


def test_an_image_that_was_not_asked_for_is_not_found(
    scripted: ScriptedEngine, docker: DockerClient
) -> None:
    scripted.replies(
        "GET /images/cafe/json", 200, {"Id": "sha256:cafe" + "0" * 60, "RepoTags": ["other:1"]}
    )

    with pytest.raises(errors.ImageNotFound):
        docker.inspect_image("cafe")
