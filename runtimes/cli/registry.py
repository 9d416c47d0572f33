"""The table of contents: every command of our own, without importing any of them.

A module of `runtimes.cli.commands` holds one command under its own name; a test compares the
one-line texts here with those that the commands have.
"""

from __future__ import annotations

from typing import Final

COMMANDS: Final = {
    "Run": {
        "run": "Run a pod or one image, show its logs, exit with its code",
        "apply": "Start or update pods from manifests and leave them running",
        "diff": "Say what apply would do, and do nothing",
        "stop": "Stop pods",
        "rm": "Remove stopped pods",
    },
    "Use": {
        "exec": "Run a command in a container",
        "attach": "Connect to what a container runs",
        "port-forward": "Carry ports of this host to a pod",
        "debug": "Look into a pod that runs, or speak to a backend in its own words",
        "cp": "Copy files into a container or out of it",
    },
    "Look": {
        "status": "Show whether the node, its backend and its agent are well",
        "get": "List pods, or what has happened to them, as kubectl does",
        "describe": "Tell people all about pods, and what has happened to them",
        "ps": "List containers",
        "pods": "List pods",
        "logs": "Show what containers wrote",
        "inspect": "Show all about a pod, a container or an image",
        "stats": "Show what containers use",
        "top": "Show live what containers use",
        "events": "Show what happens to containers as it happens",
    },
    "Images": {
        "images": "List images",
        "pull": "Pull images from their registries",
        "import": "Import an image from a file",
        "rmi": "Remove images",
    },
    "Backends": {
        "backends": "List backends and whether they work here",
        "doctor": "Say what this host lacks, and what to do about it",
        "info": "Show the backend in use and its state",
        "version": "Show versions",
        "completion": "Print the completion script of a shell",
    },
}
"""Summaries by section and name."""

ELSEWHERE: Final = {
    "create": "apply",
    "delete": "rm",
    "kill": "stop",
    "play": "apply",
    "rmp": "rm",
    "runp": "run",
    "start": "apply",
    "stopp": "stop",
}
"""What kubectl, podman and crictl call commands that have other names here."""

PLUGINS: Final = "From plugins"


def summaries() -> dict[str, str]:
    """Every command of our own and its line."""
    return {name: line for section in COMMANDS.values() for name, line in section.items()}


def module_of(command: str) -> str:
    """Name the module that holds a command; ``import`` is a word of Python's own."""
    module = command.replace("-", "_")
    return f"runtimes.cli.commands.{module}{'_' if module in {'import', 'exec'} else ''}"
