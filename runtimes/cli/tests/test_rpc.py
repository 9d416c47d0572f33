"""`debug rpc`: every method of the CRI from JSON and back."""

from __future__ import annotations

import inspect
import io
import json
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from runtimes.cli import rpc
from runtimes.core import errors
from runtimes.core.cri.services import CriService
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from google.protobuf.message import Message

    from runtimes.cli.tests.command_line import Cli

_SANDBOX = {"config": {"metadata": {"name": "p", "uid": "u", "namespace": "n"}}}


def _call(cli: Cli, method: str, request: object = None) -> dict[str, object]:
    words = [] if request is None else [json.dumps(request)]
    answer: dict[str, object] = json.loads(cli.ok("debug", "rpc", method, *words).out)
    return answer


def test_a_pods_life_by_json(cli: Cli) -> None:
    sandbox = _call(cli, "RunPodSandbox", _SANDBOX)["podSandboxId"]

    status = _call(cli, "PodSandboxStatus", {"podSandboxId": sandbox, "verbose": True})
    assert status["status"]["metadata"]["name"] == "p"  # type: ignore[index]  # JSON
    listed = _call(cli, "list_pod_sandbox", {"filter": {"id": sandbox}})
    assert [one["id"] for one in listed["items"]] == [sandbox]  # type: ignore[attr-defined]  # JSON
    assert _call(cli, "StopPodSandbox", {"podSandboxId": sandbox}) == {}


def test_a_stream_is_a_line_each(cli: Cli) -> None:
    for uid in ("1", "2"):
        config = {"metadata": {"name": uid, "uid": uid, "namespace": "n"}}
        _call(cli, "RunPodSandbox", {"config": config})

    lines = cli.ok("debug", "rpc", "StreamPodSandboxes").out.splitlines()

    names = {json.loads(line)["podSandboxes"][0]["metadata"]["name"] for line in lines}
    assert names == {"1", "2"}


def test_a_request_may_come_from_stdin(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO('{"version": "9"}'))

    assert json.loads(cli.ok("debug", "rpc", "Version", "-").out)["version"] == "9"


@pytest.mark.parametrize("method", ["RunPodSandbox", "ImageStatus", "PullImage", "RemoveImage"])
def test_a_message_that_a_request_lacks_is_an_empty_one(cli: Cli, method: str) -> None:
    assert "internal error" not in cli("debug", "rpc", method).err


def test_an_error_is_told_with_its_code(cli: Cli) -> None:
    result = cli("debug", "rpc", "StartContainer", '{"containerId": "x"}')

    assert result.code == 1
    assert "StartContainer: NOT_FOUND: " in result.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["Verson"], "did you mean Version?"),
        (["Version", "{"], "read the request of Version (VersionRequest)"),
        (["Version", '{"nothing": 1}'], "nothing"),
    ],
)
def test_mistakes_are_told(cli: Cli, words: list[str], told: str) -> None:
    result = cli("debug", "rpc", *words)

    assert result.code == 1
    assert told in result.err


def test_all_methods_are_listed(cli: Cli) -> None:
    assert len(cli.ok("debug", "rpc", "--list").out.split()) == 43


@pytest.mark.parametrize("name", sorted(rpc.METHODS))
def test_every_method_takes_the_arguments_that_its_request_has(name: str) -> None:
    method = rpc.METHODS[name]
    request = rpc.read_request(method, "{}")
    taken: dict[str, object] = {}

    snake = "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")
    signature = inspect.signature(getattr(CriService, snake))
    parameters = [one for one in signature.parameters.values() if one.name != "self"]

    def answer(**arguments: object) -> list[Message] | None:
        taken.update(arguments)
        return [] if method.server_streaming else None

    answer.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # inspect's own

    list(rpc.call(SimpleNamespace(**{snake: answer}), method, request))

    assert set(taken) == {one.name for one in parameters}


def test_a_backend_of_era_1_has_no_cri() -> None:
    with pytest.raises(errors.Unimplemented, match="isn't a CRI service"):
        next(rpc.call(object(), rpc.METHODS["Version"], cri.VersionRequest()))
