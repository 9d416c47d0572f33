"""The Python protocols against the compiled schema: each RPC has its method and its refusal."""

from __future__ import annotations

import inspect
import re
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.capability import RPC_CAPABILITY, Capability
from runtimes.core.cri.services import CriService, ImageService, RuntimeService
from runtimes.core.cri.unimplemented import UnimplementedService
from runtimes.core.cri.v1 import api_pb2

if TYPE_CHECKING:
    from google.protobuf.descriptor import MethodDescriptor

_SERVICES: dict[str, type] = {"RuntimeService": RuntimeService, "ImageService": ImageService}
_METHODS = [
    method for service in api_pb2.DESCRIPTOR.services_by_name.values() for method in service.methods
]
_BY_NAME = {method.name: method for method in _METHODS}
_OURS = {"close"}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _public(cls: type) -> set[str]:
    return {name for name, _ in inspect.getmembers(cls, callable) if not name.startswith("_")}


@pytest.mark.parametrize("method", _METHODS, ids=lambda method: method.name)
def test_each_rpc_has_a_method_in_its_service(method: MethodDescriptor) -> None:
    protocol = _SERVICES[method.containing_service.name]

    assert _snake(method.name) in _public(protocol)


def test_protocols_have_no_method_that_is_no_rpc() -> None:
    assert _public(CriService) - _OURS == {_snake(name) for name in _BY_NAME}


@pytest.mark.parametrize("method", _METHODS, ids=lambda method: method.name)
def test_each_docstring_names_its_rpc(method: MethodDescriptor) -> None:
    docstring = inspect.getdoc(getattr(CriService, _snake(method.name))) or ""

    assert re.search(rf"Source: CRI {method.name}\b", docstring)


@pytest.mark.parametrize("method", _METHODS, ids=lambda method: method.name)
def test_an_unimplemented_service_refuses_each_rpc_by_name(method: MethodDescriptor) -> None:
    call = getattr(UnimplementedService(), _snake(method.name))
    required = [
        parameter
        for parameter in inspect.signature(call).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]

    with pytest.raises(errors.Unimplemented, match=rf"\b{method.name}\b"):
        call(*[None] * len(required))


def test_streams_are_iterators_and_the_rest_is_not() -> None:
    for method in _METHODS:
        signature = inspect.signature(getattr(CriService, _snake(method.name)))
        is_iterator = str(signature.return_annotation).startswith("Iterator")

        assert is_iterator == method.server_streaming, method.name


def test_capabilities_claim_only_rpcs_that_exist() -> None:
    assert RPC_CAPABILITY.keys() <= _BY_NAME.keys()


def test_what_every_backend_must_have_needs_no_claim() -> None:
    unclaimed = _BY_NAME.keys() - RPC_CAPABILITY.keys()

    assert unclaimed == {
        "Version", "Status",
        "RunPodSandbox", "StopPodSandbox", "RemovePodSandbox", "PodSandboxStatus", "ListPodSandbox",
        "CreateContainer", "StartContainer", "StopContainer", "RemoveContainer",
        "ContainerStatus", "ListContainers",
        "ListImages", "ImageStatus",
    }  # fmt: skip


def test_capability_ids_are_dotted_lower_case_and_unique() -> None:
    ids = [str(capability) for capability in Capability]

    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)?", name) for name in ids)
