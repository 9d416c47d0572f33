"""The profile `cri` on `rkt app`: a sample of it, or with ``RUNTIMES_CONTRACT=all`` the whole.

Each call is a few processes of rkt, so the whole takes minutes.
"""

from __future__ import annotations

import os
from functools import partial

import pytest

from runtimes.contract import cri, suite
from runtimes.contract.subject import Known, Subject
from runtimes.contract.traces import mounts_below, processes_naming
from runtimes.core import configure, discovery
from runtimes.rkt_stub.tests.world import World, words_of

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci, pytest.mark.needs_registry]
NO_PID = "all apps of an rkt pod share one pid namespace"
NO_WORD = "rkt app add has no flag for it, so it is refused"
NO_SIGNAL = "rkt stops apps by SIGTERM only"
LATE = "rkt tells only by exit code 203 that a program can't be executed"
OWN_ID = "rkt names an image by the hash of its own conversion"
KNOWN = (
    Known("test_a_container_is_pid_1_of_its_own_namespace", NO_PID),
    Known("test_containers_with_their_own_pid_namespace_do_not_see_each_other", NO_PID),
    Known("test_no_new_privs_is_set_when_asked_for", NO_WORD),
    Known("test_masked_paths_show_nothing", NO_WORD),
    Known("test_read_only_paths_are_not_writable", NO_WORD),
    Known("test_stop_container_sends_the_signal_that_the_config_wants", NO_SIGNAL),
    Known("test_stop_container_sends_the_signal_that_the_image_wants", NO_SIGNAL),
    Known("test_start_container_without_such_a_program_is_an_invalid_argument", LATE),
    Known("test_a_container_that_could_not_start_has_ended_with_an_error", LATE),
    Known(
        "test_exec_sync_of_a_missing_program_fails_and_leaves_the_container",
        "rkt exits with 1, as a command may that failed",
    ),
    Known("test_exec_sync_runs_inside_the_container", "rkt enters an app as root, and in /"),
    Known("test_a_pulled_image_can_be_run", "rkt's log ends each text with a newline"),
    Known("test_pull_image_gives_a_reference_that_image_status_knows", OWN_ID),
    Known("test_pull_image_by_digest", OWN_ID),
    Known(
        "test_pull_image_that_the_registry_lacks_is_image_not_found",
        "rkt's exit code doesn't tell why a fetch failed",
    ),
)
SAMPLE = (
    "test_a_container_that_ends_keeps_its_exit_code",
    "test_a_host_port_reaches_the_pod_until_it_is_stopped",
    "test_a_long_line_comes_back_whole",
    "test_a_read_only_mount_is_not_writable",
    "test_an_rpc_is_refused_exactly_when_it_is_not_claimed",
    "test_container_status_repeats_what_it_was_given",
    "test_create_container_starts_nothing",
    "test_drop_all_then_add_one_leaves_that_one",
    "test_exec_sync_keeps_streams_apart_and_tells_the_exit_code",
    "test_exec_sync_past_its_timeout_is_deadline_exceeded_and_kills",
    "test_image_status_tells_the_images_user",
    "test_list_containers_by_state",
    "test_list_sandboxes_by_state",
    "test_no_new_privs_is_set_when_asked_for",
    "test_pull_image_again_succeeds",
    "test_remove_container_kills_what_runs",
    "test_remove_image_makes_it_unknown",
    "test_remove_sandbox_takes_its_running_containers_along",
    "test_run_as_user_takes_the_group_of_the_images_passwd",
    "test_run_sandbox_of_the_same_name_uid_and_attempt_is_refused",
    "test_status_has_both_conditions_and_they_hold",
    "test_stop_container_kills_what_outlasts_the_grace_period",
    "test_stop_container_lets_it_end_by_itself",
    "test_stop_sandbox_ends_its_containers_without_a_grace_period",
    "test_the_log_keeps_streams_apart",
    "test_the_pods_name_servers_are_the_configs",
    "test_version_names_the_runtime_and_its_api",
)
TESTS = suite.tests_of(cri.__name__)
globals().update(
    TESTS if os.environ.get("RUNTIMES_CONTRACT") == "all" else {one: TESTS[one] for one in SAMPLE}
)


@pytest.fixture(scope="session")
def contract_subject(usable_world: World) -> Subject:
    backend = discovery.load("rktshim")
    folder = usable_world.folder
    words = {**words_of(usable_world), "root": str(folder / "shim")}
    options: object = configure.fill(backend.options, words)
    return Subject(
        name="rktshim",
        open=partial(backend.open, options),
        claims=backend.capabilities,
        image=usable_world.image,
        registry=usable_world.image.partition("/")[0],
        known=KNOWN,
        state=(folder / "shim",),
        traces=lambda: mounts_below(folder) | processes_naming(str(folder)),
    )
