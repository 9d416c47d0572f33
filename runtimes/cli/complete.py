"""Names for a shell to complete; whatever goes wrong completes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.cli.settings import Settings
from runtimes.core import errors

if TYPE_CHECKING:
    import click


def pod_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete names of pods."""
    del parameter
    return _names(context, incomplete, "pods")


def image_names(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Complete names of images that are here."""
    del parameter
    return _names(context, incomplete, "images")


def _names(context: click.Context, incomplete: str, kind: str) -> list[str]:
    settings = context.ensure_object(Settings)
    try:
        with settings.connect() as runtime:
            if kind == "pods":
                names = [pod.name for pod in runtime.pods()]
            else:
                names = [tag for image in runtime.images() for tag in image.tags]
    except (errors.Error, OSError):
        return []
    return [name for name in names if name.startswith(incomplete)]
