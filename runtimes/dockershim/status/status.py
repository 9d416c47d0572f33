"""Status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim.status import features

if TYPE_CHECKING:
    from runtimes.dockershim.engine import Engine

_PATIENCE = 10.0
"""Seconds for an Engine that hangs to say that it lives; kubelet asks every 5 s."""


def status(engine: Engine, *, verbose: bool = False) -> cri.StatusResponse:
    """Tell the conditions RuntimeReady and NetworkReady, each with its reason, and the handlers.

    Of the features that concern the whole runtime an Engine has none.

    Source: CRI Status; kubelet 1.22 dockershim/docker_service.go for the reasons.
    """
    trouble = _engine_trouble(engine)
    return cri.StatusResponse(
        status=cri.RuntimeStatus(
            conditions=[
                _condition("RuntimeReady", "DockerDaemonNotReady", trouble),
                _condition("NetworkReady", "NetworkPluginNotReady", engine.networks.trouble()),
            ]
        ),
        runtime_handlers=[] if trouble else _handlers(engine),
        features=cri.RuntimeFeatures(),
        info=_info(engine, trouble) if verbose else None,
    )


def _condition(kind: str, reason: str, trouble: str | None) -> cri.RuntimeCondition:
    if trouble is None:
        return cri.RuntimeCondition(type=kind, status=True)
    return cri.RuntimeCondition(type=kind, status=False, reason=reason, message=trouble)


def _engine_trouble(engine: Engine) -> str | None:
    """Ask for the version, past every cache."""
    try:
        with deadline.within(_PATIENCE):
            engine.docker.version()
            return _driver_trouble(engine)
    except errors.Error as error:
        return str(error)


def _driver_trouble(engine: Engine) -> str | None:
    wanted, found = engine.options.cgroup_driver, engine.facts.info().get("CgroupDriver", "")
    if not wanted or not found or wanted == found:
        return None
    return f"misconfiguration: cgroup driver '{wanted}' is wanted, the Engine has '{found}'"


def _handlers(engine: Engine) -> list[cri.RuntimeHandler]:
    facts = engine.facts
    return features.handlers(facts.handlers(), facts.info(), facts.api())


def _info(engine: Engine, trouble: str | None) -> dict[str, str]:
    facts = {
        "root": str(engine.paths.root),
        "sandboxImage": engine.options.sandbox_image,
        "network": engine.networks.chosen,
    }
    if not trouble:
        info = engine.facts.info()
        facts |= {
            "dockerRootDir": info["DockerRootDir"],
            "storageDriver": info["Driver"],
            "cgroupDriver": info.get("CgroupDriver", "cgroupfs"),
        }
    return {"config": json.dumps(facts)}
