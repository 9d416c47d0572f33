"""``runtimes run -f POD.yaml`` and ``runtimes run IMAGE -- COMMAND``."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runtimes.cli.command import RunningCommand
from runtimes.cli.complete import image_names
from runtimes.cli.manifests import read_all, validate_option
from runtimes.cli.run_options import image_options, read_options
from runtimes.cli.settings import current

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.cli.work import Work
    from runtimes.client import Pod, Runtime, Validation
    from runtimes.client.workloads import Object


@click.command("run", cls=RunningCommand, no_args_is_help=True)
@click.argument("image", required=False, shell_complete=image_names)
@click.argument("command", nargs=-1, type=click.UNPROCESSED)
@click.option(
    "-f", "--filename", metavar="FILE", help="Run the pods of a manifest or a folder; - is stdin."
)
@click.option("--rm", "remove", is_flag=True, help="Remove the pod when it has ended.")
@click.option(
    "-d", "--detach", is_flag=True, help="Start it, print its name, and leave it running."
)
@click.option("--timestamps", is_flag=True, help="Put the time before each line.")
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write what came of each container as JUnit XML.",
)
@validate_option
@image_options
def command(  # noqa: PLR0913 - one parameter per option
    *,
    image: str | None,
    command: tuple[str, ...],
    filename: str | None,
    remove: bool,
    detach: bool,
    timestamps: bool,
    junit: Path | None,
    validate: Validation,
    **options: Any,  # noqa: ANN401 - those of `image_options`
) -> int:
    """Run a pod or one image, show its logs, exit with its code.

    Containers' output is shown as it comes, with their names before it if there are several. Ctrl-C
    stops the pod with its grace period, a second one kills it. With -it, all keys are the
    program's, except Ctrl-P Ctrl-Q, which leaves it running.

    The exit code is that of the first container that failed, init containers first, 0 if none did;
    a pod that failed as a whole without one gives 1, sidecars have no say;
    125 when the pod couldn't be run, 126 when a program can't be executed, 127 when there is none.
    """
    if (image is None) == (filename is None):
        raise click.UsageError("Name an image, or a manifest with -f.")
    if detach and remove:
        raise click.UsageError("--detach and --rm exclude each other.")
    attended = options["stdin"] or options["tty"]
    if junit is not None:
        _check_report(junit, detach=detach, attended=attended)
    with current().connect() as runtime:
        if filename is not None:
            _refuse_image_options(options)
            objects = read_all(runtime, [filename], validate)
        else:
            options["tty"] = _usable_tty(options, detach=detach)
            objects = _of_image(runtime, image or "", command, {**options, "attached": not detach})
        work = _work(runtime, objects)
        if detach:
            return _start(work.begin())
        if attended:
            return _attended(work, remove=remove)
        with ExitStack() as afterwards:
            if remove:
                afterwards.callback(_remove, work)
            if junit is not None:
                afterwards.callback(_report, work, junit)
            return _foreground(work, timestamps=timestamps)


def _check_report(junit: Path, *, detach: bool, attended: bool) -> None:
    """Before anything runs: a report that can't be written is of no use afterwards."""
    if detach:
        raise click.UsageError("--detach and --junit exclude each other.")
    if attended:
        raise click.UsageError("--junit and -it exclude each other.")
    if not junit.parent.is_dir():
        raise click.UsageError(f"--junit '{junit}': there is no folder '{junit.parent}'.")


def _remove(work: Work) -> None:
    from runtimes.client.each import each

    for _ in each(work.pods, lambda pod: pod.remove(force=True)):
        pass


def _report(work: Work, junit: Path) -> None:
    from runtimes.cli.output.junit import write

    write(junit, work.pods, work.excuses)


def _work(runtime: Runtime, objects: list[Object]) -> Work:
    from runtimes.cli.work import Work
    from runtimes.client.workloads import configuration, wanted

    pods = wanted(objects)
    if not pods:
        raise click.UsageError("There is no Pod, Deployment or Job in it to run; see: apply")
    for kept in configuration(objects):
        runtime.keep(kept)
    return Work(runtime, pods)


def _of_image(
    runtime: Runtime, image: str, command: tuple[str, ...], options: dict[str, Any]
) -> list[Object]:
    from runtimes.client import image_pod

    words = command[1:] if command[:1] == ("--",) else command
    return runtime.read(image_pod(image, words, read_options(options)))


def _usable_tty(options: dict[str, Any], *, detach: bool) -> bool:
    if detach or not options["tty"]:
        return bool(options["tty"])  # who attaches later may have a terminal
    from runtimes.cli.interact import usable_tty

    return usable_tty(stdin=options["stdin"], tty=True)


def _refuse_image_options(options: dict[str, Any]) -> None:
    context = click.get_current_context()
    default = click.core.ParameterSource.DEFAULT
    for name in options:
        if context.get_parameter_source(name) is not default:
            raise click.UsageError(
                f"--{name.replace('_', '-')} is for images; -f has it in its file."
            )


def _start(pods: Sequence[Pod]) -> int:
    for pod in pods:
        _start_one(pod)
        click.echo(pod.name)
    return 0


def _start_one(pod: Pod) -> None:
    from runtimes.cli.exit_codes import of_failed_start
    from runtimes.cli.output.progress import shown
    from runtimes.client import StartFailed

    try:
        with shown(f"Starting {pod.name}"):
            pod.start()
    except StartFailed as error:
        raise of_failed_start(error) from error


def _attended(work: Work, *, remove: bool) -> int:
    from runtimes.cli.attended import attend

    (pod,) = work.begin()
    return attend(pod, _start_one, remove=remove)


def _foreground(work: Work, *, timestamps: bool) -> int:
    from runtimes.cli.foreground import Foreground
    from runtimes.cli.output.log_printer import LogPrinter
    from runtimes.cli.output.progress import Shown

    pods = work.begin()
    names = [
        f"{pod.name}/{name}" if work.several else name
        for pod in pods
        for name in pod.container_names
    ]
    prefix = work.several or len(names) > 1
    printer = LogPrinter(names, prefix=prefix, timestamps=timestamps)
    with Shown("Pulling images") as progress:
        return Foreground(work, printer, before_output=progress.close).run()
