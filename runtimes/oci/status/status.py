"""Status."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.sandbox.run import handlers

if TYPE_CHECKING:
    from runtimes.oci.engine import Engine


def status(engine: Engine, *, verbose: bool = False) -> cri.StatusResponse:
    """Tell the conditions RuntimeReady and NetworkReady.

    Source: CRI Status; reasons as containerd has them.
    """
    features = cri.RuntimeHandlerFeatures(recursive_read_only_mounts=True)
    return cri.StatusResponse(
        status=cri.RuntimeStatus(
            conditions=[
                _condition("RuntimeReady", "ContainerRuntimeNotReady", _runtime_trouble(engine)),
                _condition("NetworkReady", "NetworkPluginNotReady", engine.network.status()),
            ]
        ),
        runtime_handlers=[
            cri.RuntimeHandler(name=name, features=features) for name in handlers(engine)
        ],
        features=cri.RuntimeFeatures(supplemental_groups_policy=True),
        info=_info(engine) if verbose else None,
    )


def _condition(kind: str, reason: str, trouble: str | None) -> cri.RuntimeCondition:
    if trouble is None:
        return cri.RuntimeCondition(type=kind, status=True)
    return cri.RuntimeCondition(type=kind, status=False, reason=reason, message=trouble)


def _runtime_trouble(engine: Engine) -> str | None:
    """Why no container could be started now; None when nothing is known to prevent it."""
    try:
        for path in (engine.runtime.path, engine.paths.root, engine.paths.run_root):
            path.stat()
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    except errors.Error as error:
        return str(error)
    return None


def _info(engine: Engine) -> dict[str, str]:
    facts = {
        "root": str(engine.paths.root),
        "run_root": str(engine.paths.run_root),
        "runtime": str(engine.runtime.path),
        "monitor": engine.monitor.name,
        "network": engine.network.name,
        "cgroup": engine.cgroups.version,
    }
    return {"config": json.dumps(facts)}
