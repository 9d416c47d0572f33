"""``runtimes version``."""

from __future__ import annotations

import click

from runtimes.cli.command import Command
from runtimes.cli.settings import current
from runtimes.core import errors
from runtimes.core.discovery.entry_points import version_of


@click.command("version", cls=Command)
@click.option("--client", is_flag=True, help="Only that of this program.")
def command(*, client: bool) -> None:
    """Show versions."""
    settings = current()
    found: dict[str, str] = {"runtimes": version_of("runtimes-cli") or "unknown"}
    if not client:
        found.update(_of_backend())
    if settings.output in {"json", "yaml"}:
        from runtimes.cli.output.data import print_data

        print_data(found, settings.output)
        return
    width = max(map(len, found))
    for name, text in found.items():
        click.echo(f"{name.ljust(width)}   {text}")


def _of_backend() -> dict[str, str]:
    """Tell the backend's version, or why it can't be told: ours is worth showing all the same."""
    settings = current()
    try:
        with settings.connect() as runtime:
            version = runtime.version()
            return {
                "backend": runtime.name,
                "runtime": f"{version.name} {version.version}",
                "api": version.api_version,
            }
    except errors.Error as error:
        return {"backend": f"unavailable: {error}"}
