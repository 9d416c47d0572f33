"""A container's first process, and those that are executed in it later.

Source: CRI ContainerConfig (command, args, working_dir); runtime-spec config.md (process).
"""

from __future__ import annotations

import copy
import posixpath
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.core.host.clamp import clamp_oom_score_adj
from runtimes.oci.spec import environment, lsm, rlimits, user

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.core.streaming.session import Size
    from runtimes.oci.spec.request import SpecRequest
    from runtimes.oci.spec.schema import Capabilities, Process, Spec


def container(request: SpecRequest, capabilities: Capabilities) -> Process:
    """The process that a container is.

    Raises:
        InvalidArgument: no command, an unknown user, a bad variable or profile.
    """
    identity = user.resolve(request)
    process: Process = {
        "terminal": request.config.tty,
        "user": {
            "uid": identity.uid,
            "gid": identity.gid,
            "additionalGids": list(identity.groups),
        },
        "args": arguments(request),
        "env": environment.container(request, identity.home),
        "cwd": _working_dir(request),
        "capabilities": capabilities,
        "rlimits": rlimits.container(request.host),
        "noNewPrivileges": request.security.no_new_privs,
        "oomScoreAdj": clamp_oom_score_adj(
            request.config.linux.resources.oom_score_adj, request.host
        ),
    }
    lsm.confine(request, process)
    return process


def arguments(request: SpecRequest) -> list[str]:
    """Command and arguments: a command replaces the image's entrypoint *and* its default args.

    Raises:
        InvalidArgument: neither the config nor the image names a command.
    """
    command, args = list(request.config.command), list(request.config.args)
    if not command:
        command = list(request.image.get("Entrypoint", []))
        args = args or list(request.image.get("Cmd", []))
    if not command and not args:
        raise errors.InvalidArgument(
            f"no command specified: neither the container {request.config.metadata.name!r} nor its "
            f"image {request.config.image.image!r} names one"
        )
    return command + args


def _working_dir(request: SpecRequest) -> str:
    asked = request.config.working_dir or request.image.get("WorkingDir", "") or "/"
    return posixpath.normpath(posixpath.join("/", asked))


def exec_process(spec: Spec, cmd: Sequence[str], *, tty: bool, size: Size | None = None) -> Process:
    """The process for executing `cmd` in the running container that `spec` made.

    It has the container's user, environment, limits and confinement.

    Raises:
        InvalidArgument: an empty command.
    """
    if not cmd:
        raise errors.InvalidArgument("exec: the command is empty")
    process = copy.deepcopy(spec["process"])
    process["args"] = list(cmd)
    process["terminal"] = tty
    if tty:
        process["env"] = environment.with_terminal(process["env"])
    if tty and size is not None:
        process["consoleSize"] = {"height": size.height, "width": size.width}
    return process
