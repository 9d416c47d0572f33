"""``runtimes status``."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from runtimes.cli.command import Command
from runtimes.cli.output.words import age, size
from runtimes.cli.settings import current

if TYPE_CHECKING:
    from runtimes.cli.output.pods import PodRow
    from runtimes.cli.output.sections import Section
    from runtimes.client import AgentInfo, Runtime

_WELL = {"Running", "Completed", "Succeeded"}
_NOT_WELL = 1


@click.command("status", cls=Command)
def command() -> int:
    """Show whether the node, its backend and its agent are well.

    The exit code is 0 if they are, 1 if the backend isn't ready, a manifest can't be used, or a pod
    isn't as it should be.
    """
    from runtimes.cli.output.pods import look

    settings = current()
    with settings.connect() as runtime:
        rows = [look(pod) for pod in runtime.pods()]
        agent = runtime.agent()
        wrong = _wrong(runtime, rows, agent)
        if settings.output in {"json", "yaml"}:
            from runtimes.cli.output.data import print_data

            print_data(_data(runtime, rows, agent, wrong), settings.output)
        else:
            from runtimes.cli.output.sections import lay_out

            for line in lay_out(_section(runtime, rows, agent, wrong)):
                click.echo(line)
    return _NOT_WELL if wrong else 0


def _wrong(runtime: Runtime, rows: list[PodRow], agent: AgentInfo | None) -> dict[str, str]:
    """What is wrong, by whose fault it is."""
    wrong = {
        one.type: ": ".join(filter(None, (one.reason, one.message))) or "false"
        for one in runtime.status()
        if not one.status
    }
    wrong |= agent.problems if agent else {}
    for row in rows:
        ready = row.summary.ready == row.summary.total
        if row.summary.status not in _WELL or (row.summary.status == "Running" and not ready):
            wrong[row.pod.full_name] = _how(row)
    return wrong


def _how(row: PodRow) -> str:
    word = f"{row.summary.status}, {row.summary.ready} of {row.summary.total} ready"
    waiting = [one.state.waiting for one in row.status.container_statuses]
    why = next((one.message for one in waiting if one and one.message), "")
    return f"{word}: {why}" if why else word


def _section(
    runtime: Runtime, rows: list[PodRow], agent: AgentInfo | None, wrong: dict[str, str]
) -> Section:
    node, version = runtime.opened.kubelet, runtime.version()
    memory = size(node.memory_capacity_bytes, binary=True)
    ready = all(one.status for one in runtime.status())
    return [
        ("Node", f"{node.node_name}, {node.cpu_capacity_millicpu // 1000} CPUs, {memory}"),
        (
            "Backend",
            f"{runtime.name} ({version.name} {version.version}), {'' if ready else 'not '}ready",
        ),
        ("Agent", _agent(agent)),
        ("API", (agent.http or "off; see: runtimes kubelet --http") if agent else ""),
        ("Pods", _counts(rows)),
        ("Not well", list(wrong.items())),
    ]


def _agent(agent: AgentInfo | None) -> str:
    if agent is None:
        return "none: pods aren't restarted; see: runtimes kubelet --help"
    since = age(agent.started_ns, time.time_ns())
    return f"process {agent.process.pid} for {since}, keeps {agent.manifests}"


def _counts(rows: list[PodRow]) -> str:
    words = [row.summary.status for row in rows]
    return ", ".join(f"{words.count(word)} {word}" for word in sorted({*words})) or "none"


def _data(
    runtime: Runtime, rows: list[PodRow], agent: AgentInfo | None, wrong: dict[str, str]
) -> dict[str, object]:
    words = [row.summary.status for row in rows]
    return {
        "node": runtime.opened.kubelet.node_name,
        "backend": runtime.name,
        "conditions": runtime.status(),
        "agent": agent,
        "pods": {word: words.count(word) for word in sorted({*words})},
        "problems": wrong,
    }
