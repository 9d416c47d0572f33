"""The plugins of a network, run one after the other for one sandbox.

Source: the CNI specification, section 3, "Lifecycle & Ordering" and "Deriving request
configuration from plugin configuration"; section 4 for runtimeConfig.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.cni.plugins import capabilities, execute
from runtimes.cni.plugins.attempt import INTERFACE
from runtimes.cni.plugins.config import version_number
from runtimes.cni.plugins.discovery import binary
from runtimes.core import errors, netns

if TYPE_CHECKING:
    from runtimes.cni.plugins.attempt import Attempt
    from runtimes.cni.plugins.config import JsonObject

_log = logging.getLogger(__name__)

_FIRST_WITH_RESULT_ON_DELETE = (0, 4, 0)


def add(attempt: Attempt, bin_dirs: tuple[Path, ...]) -> JsonObject:
    """Run ADD from the first plugin to the last, each with the result of the one before.

    Returns:
        The result of the last.

    Raises:
        Error: of the plugin that failed; those behind it weren't run.
    """
    result: JsonObject | None = None
    for plugin in attempt.plugins:
        what = describe("ADD", attempt, plugin)
        call = _call("ADD", attempt, attempt.netns, bin_dirs)
        config = stdin(attempt, plugin, result)
        answer = execute.run(binary(plugin["type"], bin_dirs), call, config, what)
        if isinstance(answer, execute.PluginFailure):
            raise answer.error(what)
        result = answer
    return result or {}


def delete(attempt: Attempt, bin_dirs: tuple[Path, ...]) -> None:
    """Run DEL from the last plugin to the first, all of them even if some fail.

    A namespace that is gone is told to the plugins as such.

    Raises:
        Error: of the first failure.
    """
    namespace = attempt.netns if attempt.netns and netns.is_pinned(Path(attempt.netns)) else ""
    call = _call("DEL", attempt, namespace, bin_dirs)
    failures: list[errors.Error] = []
    for plugin in reversed(attempt.plugins):
        try:
            _delete(attempt, plugin, call)
        except errors.Error as error:
            failures.append(error)
    for late in failures[1:]:
        _log.warning("cni del failed too sandbox_id=%s error=%s", attempt.sandbox_id, late)
    if failures:
        raise failures[0]


def stdin(attempt: Attempt, plugin: JsonObject, previous: JsonObject | None) -> JsonObject:
    """Derive what a plugin reads from its settings. Pure."""
    config = {**plugin, "name": attempt.network, "cniVersion": attempt.cni_version}
    runtime_config = capabilities.runtime_config(plugin, attempt.arguments)
    if runtime_config:
        config["runtimeConfig"] = runtime_config
    if previous is not None:
        config["prevResult"] = previous
    return config


def describe(command: str, attempt: Attempt, plugin: JsonObject) -> str:
    return (
        f"CNI {command} by plugin '{plugin['type']}' of network '{attempt.network}' "
        f"({attempt.source}) for pod '{attempt.pod}' (sandbox {attempt.sandbox_id})"
    )


def _delete(attempt: Attempt, plugin: JsonObject, call: execute.Call) -> None:
    what = describe("DEL", attempt, plugin)
    knows_result = version_number(attempt.cni_version) >= _FIRST_WITH_RESULT_ON_DELETE
    config = stdin(attempt, plugin, attempt.result if knows_result else None)
    answer = execute.run(binary(plugin["type"], call.bin_dirs), call, config, what)
    if not isinstance(answer, execute.PluginFailure):
        return
    if answer.is_gone and not call.netns:
        _log.info("cni del of gone sandbox_id=%s message=%s", attempt.sandbox_id, answer.message)
        return
    raise answer.error(what)


def _call(
    command: str, attempt: Attempt, namespace: str, bin_dirs: tuple[Path, ...]
) -> execute.Call:
    return execute.Call(
        command, attempt.sandbox_id, namespace, INTERFACE, attempt.args, tuple(bin_dirs)
    )
