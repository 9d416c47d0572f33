"""What of `rktshim` is certified, and what is known to differ because rkt has no word for it."""

from __future__ import annotations

from functools import partial

from runtimes.contract.subject import Known, Subject
from runtimes.contract.traces import mounts_below, processes_naming
from runtimes.core import configure, discovery
from runtimes.rkt_stub.tests.world import World, words_of

_RKT = "https://github.com/rkt/rkt/blob/v1.30.0"


def _known(reason: str, link: str, *tests: str) -> tuple[Known, ...]:
    return tuple(Known(test, reason, link) for test in tests)


KNOWN = (
    *_known(
        "all apps of an rkt pod share one pid namespace",
        f"{_RKT}/Documentation/devel/architecture.md",
        "test_a_container_is_pid_1_of_its_own_namespace",
        "test_containers_with_their_own_pid_namespace_do_not_see_each_other",
    ),
    *_known(
        "rkt app add has no flag for it, so it is refused",
        f"{_RKT}/rkt/app_add.go",
        "test_no_new_privs_is_set_when_asked_for",
        "test_masked_paths_show_nothing",
        "test_read_only_paths_are_not_writable",
    ),
    *_known(
        "rkt stops apps by SIGTERM only",
        f"{_RKT}/stage1/app_stop/app_stop.go",
        "test_stop_container_sends_the_signal_that_the_config_wants",
        "test_stop_container_sends_the_signal_that_the_image_wants",
    ),
    *_known(
        "rkt tells only by systemd's exit code 203 that a program can't be executed",
        "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html",
        "test_start_container_without_such_a_program_is_an_invalid_argument",
        "test_a_container_that_could_not_start_has_ended_with_an_error",
    ),
    *_known(
        "rkt exits with 1, as a command may that failed",
        f"{_RKT}/rkt/enter.go",
        "test_exec_sync_of_a_missing_program_fails_and_leaves_the_container",
        "test_streamed_exec_of_no_such_program_is_refused",
    ),
    *_known(
        "rkt enters an app as root, and in /",
        f"{_RKT}/rkt/enter.go",
        "test_exec_sync_runs_inside_the_container",
    ),
    *_known(
        "rkt's log ends each text with a newline",
        f"{_RKT}/stage1/iottymux/iottymux.go",
        "test_a_pulled_image_can_be_run",
    ),
    *_known(
        "rkt names an image by the hash of its own conversion",
        "https://github.com/appc/spec/blob/v0.8.11/spec/aci.md",
        "test_pull_image_gives_a_reference_that_image_status_knows",
        "test_pull_image_by_digest",
    ),
    *_known(
        "rkt's exit code doesn't tell why a fetch failed",
        f"{_RKT}/rkt/fetch.go",
        "test_pull_image_that_the_registry_lacks_is_image_not_found",
    ),
)


def shim_subject(world: World) -> Subject:
    backend = discovery.load("rktshim")
    folder = world.folder
    words = {**words_of(world), "root": str(folder / "shim")}
    options: object = configure.fill(backend.options, words)
    return Subject(
        name="rktshim",
        open=partial(backend.open, options),
        claims=backend.capabilities,
        image=world.image,
        registry=world.image.partition("/")[0],
        known=KNOWN,
        state=(folder / "shim",),
        traces=lambda: mounts_below(folder) | processes_naming(str(folder)),
    )
