"""What can be said of a backend without any engine, in seconds."""

from __future__ import annotations

import dataclasses
import inspect
import subprocess
import sys
import time
import typing
from typing import TYPE_CHECKING, Any

import click

from runtimes.contract.backends import named
from runtimes.contract.report.verdict import CONFORMANT, NOT_CONFORMANT
from runtimes.contract.run.watchdog import Hang, interrupted
from runtimes.core import configure, errors
from runtimes.core.backend import Backend, Kind, Probe
from runtimes.core.capability import RPC_CAPABILITY, Capability
from runtimes.core.cri.services import CriService
from runtimes.core.cri.unimplemented import UnimplementedService, UnimplementedStreams
from runtimes.core.discovery import installed
from runtimes.core.docker.interface import DockerInterface
from runtimes.core.pod.runtime import PodRuntime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.contract.run.plan import Plan

_PROTOCOLS: dict[Kind, type] = {
    Kind.CRI: CriService,
    Kind.POD: PodRuntime,
    Kind.DOCKER: DockerInterface,
}
_HEAVY = ("grpc", "docker", "asyncio", "requests", "yaml")
_PROBE_SECONDS = 1.0
_PROBE_PATIENCE = 5.0
_PROBES = 3
_REFUSING = (UnimplementedService, UnimplementedStreams)
_IN_PROCESS = {"Exec": "open_exec", "Attach": "open_attach", "PortForward": "open_port_forward"}


def certify(plan: Plan) -> int:
    """Check and print; return the exit code.

    Raises:
        BackendUnavailable: it can't even be loaded.
    """
    code = CONFORMANT
    for backend in named(plan.name, plan.kinds):
        for name, check in _CHECKS.items():
            faults = list(check(backend))
            word = click.style("fail", fg="red") if faults else click.style("pass", fg="green")
            click.echo(f"{word} static.{backend.kind}.{name}")
            for fault in faults:
                click.echo(f"     {fault}")
                code = NOT_CONFORMANT
    verdict = "holds" if code == CONFORMANT else "does not hold"
    click.echo(f"\n{plan.name} {verdict} what can be told without an engine.")
    return code


def describes_itself(backend: Backend[Any]) -> Iterator[str]:
    """Name, era and summary are short texts; the summary has no full stop."""
    for part in ("name", "era", "summary"):
        value = getattr(backend, part)
        if not isinstance(value, str) or not value.strip() or "\n" in value:
            yield f"{part} is {value!r}: expected one line of text"
    if str(backend.summary).endswith("."):
        yield "summary ends with a full stop"
    if set(backend.name) - set("abcdefghijklmnopqrstuvwxyz0123456789-_"):
        yield f"name {backend.name!r} has other signs than lower-case letters, digits, - and _"


def claims_what_exists(backend: Backend[Any]) -> Iterator[str]:
    """Capabilities are a frozenset of `Capability`."""
    if not isinstance(backend.capabilities, frozenset):
        yield f"capabilities is a {type(backend.capabilities).__name__}: expected a frozenset"
    for claim in backend.capabilities:
        if not isinstance(claim, Capability):
            yield f"capability {claim!r} isn't a runtimes.core.capability.Capability"


def has_fillable_options(backend: Backend[Any]) -> Iterator[str]:
    """Options are a frozen dataclass whose fields all have defaults."""
    options = backend.options
    if not (isinstance(options, type) and dataclasses.is_dataclass(options)):
        yield f"options is {options!r}: expected a dataclass"
        return
    if not options.__dataclass_params__.frozen:  # type: ignore[attr-defined]  # of any dataclass
        yield f"options {options.__name__} isn't frozen"
    try:
        configure.fill(options, {})
    except (TypeError, errors.Error) as error:
        yield f"options {options.__name__} can't be made without words: {error}"


def probes_quickly(backend: Backend[Any]) -> Iterator[str]:
    """`probe` answers within a second, busy moments aside, with a reason, and never raises."""
    for _ in range(_PROBES):
        start = time.monotonic()
        try:
            with interrupted(_PROBE_PATIENCE):
                probe = backend.probe()
        except Hang:
            yield f"probe() did not answer within {_PROBE_PATIENCE:g} s"
            return
        except BaseException as error:  # noqa: BLE001 - that it never raises is what is checked
            yield f"probe() raised {type(error).__name__}: {error}"
            return
        took = time.monotonic() - start
        if took < _PROBE_SECONDS:
            break
    else:
        yield f"probe() took {took:.1f} s: expected less than {_PROBE_SECONDS:g}"
    if not isinstance(probe, Probe):
        yield f"probe() gave {probe!r}: expected a Probe"
        return
    if not probe.reason:
        yield "probe() gives no reason"
    if not probe.usable and not probe.remedy:
        yield "probe() says that it isn't usable here, without a remedy"


def is_cheap_to_import(backend: Backend[Any]) -> Iterator[str]:
    """Importing the description imports nothing heavy, for every command does it."""
    point = next(one for one in installed([backend.kind]) if one.name == backend.name)
    module = point.target.partition(":")[0]
    code = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False
    )
    if done.returncode:
        yield f"{module} can't be imported alone: {done.stderr.strip().splitlines()[-1]}"
    for name in _HEAVY:
        if name in done.stdout.split():
            yield f"importing {module} imports {name}: import it in open()"


def has_every_method(backend: Backend[Any]) -> Iterator[str]:
    """What `open` returns has the contract's methods, with their parameters."""
    if "return" not in getattr(type(backend).open, "__annotations__", {}):
        yield "open() has no annotation of what it returns, so its methods can't be compared"
    service = _service_class(backend)
    if service is None:  # a protocol: mypy has compared them
        return
    for name, wanted in _methods(_PROTOCOLS[backend.kind]):
        found = getattr(service, name, None)
        if found is None:
            yield f"{service.__name__} has no {name}"
        elif differs := _different_parameters(wanted, found):
            yield f"{service.__name__}.{name} takes {differs}"


def overrides_what_it_claims(backend: Backend[Any]) -> Iterator[str]:
    """Every optional RPC is overridden exactly when it is claimed."""
    service = _service_class(backend)
    if backend.kind is not Kind.CRI or service is None:
        return
    if not issubclass(service, UnimplementedService):
        return
    for rpc, capability in RPC_CAPABILITY.items():
        method = _method_of(rpc, service)
        refusals = [getattr(base, method, None) for base in _REFUSING]
        overridden = getattr(service, method) not in refusals
        if overridden and capability not in backend.capabilities:
            yield f"{rpc} is written, but {capability} isn't claimed"
        if not overridden and capability in backend.capabilities and rpc not in _partial(backend):
            yield f"{capability} is claimed, but {rpc} isn't written"


_CHECKS: dict[str, Callable[[Backend[Any]], Iterator[str]]] = {
    check.__name__: check
    for check in (
        describes_itself,
        claims_what_exists,
        has_fillable_options,
        probes_quickly,
        is_cheap_to_import,
        has_every_method,
        overrides_what_it_claims,
    )
}


def _partial(backend: Backend[Any]) -> set[str]:
    """Streams of statistics that the backend doesn't have at all."""
    lacking = {
        "StreamContainerStats": Capability.CONTAINER_STATS,
        "StreamPodSandboxStats": Capability.SANDBOX_STATS,
        "StreamPodSandboxMetrics": Capability.METRICS,
    }
    return {rpc for rpc, needed in lacking.items() if needed not in backend.capabilities}


def _method_of(rpc: str, service: type) -> str:
    if rpc in _IN_PROCESS and hasattr(service, _IN_PROCESS[rpc]):
        return _IN_PROCESS[rpc]
    return "".join(f"_{sign.lower()}" if sign.isupper() else sign for sign in rpc).lstrip("_")


def _service_class(backend: Backend[Any]) -> type | None:
    """What `open` is annotated to return; None for a protocol, or where that can't be resolved."""
    function = inspect.unwrap(type(backend).open)
    try:
        found = typing.get_type_hints(function).get("return")
    except NameError:
        found = _resolved(function)
    protocol = getattr(found, "_is_protocol", False)
    return found if isinstance(found, type) and not protocol else None


def _resolved(function: Callable[..., object]) -> object:
    """An annotation that is imported for type checkers only: its import is in the source."""
    import ast

    wanted = function.__annotations__.get("return", "")
    tree = ast.parse(inspect.getsource(sys.modules[function.__module__]))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                if (alias.asname or alias.name) == wanted:
                    module = __import__(node.module, fromlist=[alias.name])
                    return getattr(module, alias.name, None)
    return None


def _methods(protocol: type) -> Iterator[tuple[str, Callable[..., object]]]:
    for name, value in inspect.getmembers(protocol, inspect.isfunction):
        if not name.startswith("_"):
            yield name, value


def _different_parameters(wanted: Callable[..., object], found: object) -> str:
    if not callable(found):
        return "no call: it isn't a method"
    ours = inspect.signature(wanted).parameters
    theirs = inspect.signature(found).parameters
    if any(one.kind is one.VAR_KEYWORD for one in theirs.values()):
        return ""
    missing = [name for name in ours if name not in theirs]
    extra = [
        name
        for name, one in theirs.items()
        if name not in ours and one.default is one.empty and one.kind is not one.VAR_POSITIONAL
    ]
    words = [f"no {', '.join(missing)}"] if missing else []
    words += [f"also {', '.join(extra)}, which nobody gives it"] if extra else []
    return " and ".join(words)
