"""A container's environment variables.

Source: CRI ContainerConfig.envs; image-spec config.md (Env); containerd's defaults.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.oci.spec.request import SpecRequest

PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TERM = "xterm"


def container(request: SpecRequest, home: str) -> list[str]:
    """Defaults, overridden by the image's variables, overridden by the config's.

    Raises:
        InvalidArgument: a variable without a name, or one that isn't UTF-8.
    """
    variables = {"PATH": PATH}
    if request.sandbox.hostname:
        variables["HOSTNAME"] = request.sandbox.hostname
    variables["HOME"] = home
    if request.config.tty:
        variables["TERM"] = TERM
    variables.update(_of_image(request.image.get("Env", [])))
    variables.update(_of_config(request.config.envs))
    return [f"{name}={value}" for name, value in variables.items()]


def _of_image(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, _, value = line.partition("=")
        if name:
            yield name, value


def _of_config(envs: Iterable[cri.KeyValue]) -> Iterator[tuple[str, str]]:
    for env in envs:
        if not env.key or "=" in env.key or "\0" in env.key or b"\0" in env.value:
            raise errors.InvalidArgument(
                f"envs: {env.key!r} is no name of a variable, or its value has a NUL byte"
            )
        try:
            yield env.key, env.value.decode()
        except UnicodeDecodeError as error:
            raise errors.InvalidArgument(
                f"envs: the value of {env.key!r} is not UTF-8, which a spec can't carry"
            ) from error


def with_terminal(lines: list[str]) -> list[str]:
    """The same variables with TERM, for a process that gets a terminal of its own."""
    if any(line.startswith("TERM=") for line in lines):
        return lines
    return [*lines, f"TERM={TERM}"]
