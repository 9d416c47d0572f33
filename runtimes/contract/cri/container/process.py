"""The main process: command, environment, working directory, terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.provide import bring
from runtimes.contract.testimage.busybox import PATH, REPOSITORY, busybox
from runtimes.contract.testimage.layout import ImageConfig
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


def with_entrypoint(contract: Bench) -> cri.ContainerConfig:
    """A container of an image that has both an entry point and a command."""
    settings = ImageConfig(
        entrypoint=("echo", "entry"),
        cmd=("image-cmd",),
        env=(PATH, "FROM_IMAGE=yes", "BOTH=image"),
        workdir="/home/app",
    )
    config = contract.config()
    config.image.image = bring(contract.run, busybox(f"{REPOSITORY}/entrypoint:1", settings))
    return config


def test_the_images_entry_point_and_command_run_by_default(contract: Bench) -> None:
    assert contract.finish(with_entrypoint(contract)).log == "entry image-cmd\n"


def test_args_replace_the_images_command_only(contract: Bench) -> None:
    config = with_entrypoint(contract)
    config.args.extend(["one", "two"])

    assert contract.finish(config).log == "entry one two\n"


def test_a_command_replaces_the_images_entry_point_and_command(contract: Bench) -> None:
    config = with_entrypoint(contract)
    config.command.extend(["echo", "mine"])

    assert contract.finish(config).log == "mine\n"


def test_command_and_args_together_are_all_that_runs(contract: Bench) -> None:
    config = with_entrypoint(contract)
    config.command.extend(["echo", "mine"])
    config.args.extend(["and", "args"])

    assert contract.finish(config).log == "mine and args\n"


def test_arguments_reach_the_program_untouched(contract: Bench) -> None:
    config = contract.config("printf", "<%s>\\n", "a b", "", "$HOME", "ä'\"")

    assert contract.finish(config).log == "<a b>\n<>\n<$HOME>\n<ä'\">\n"


def test_the_environment_is_the_images_and_then_the_configs(contract: Bench) -> None:
    config = with_entrypoint(contract)
    config.command.extend(["sh", "-c", 'echo "$FROM_IMAGE $BOTH $MINE"'])
    config.envs.extend(
        [cri.KeyValue(key="BOTH", value=b"config"), cri.KeyValue(key="MINE", value=b"a=b c")]
    )

    assert contract.finish(config).log == "yes config a=b c\n"


def test_the_path_of_the_image_finds_programs(contract: Bench) -> None:
    assert contract.output("echo $PATH") == PATH.partition("=")[2]


def test_the_working_directory_is_the_images_by_default(contract: Bench) -> None:
    config = with_entrypoint(contract)
    config.command.append("pwd")

    assert contract.finish(config).log == "/home/app\n"


def test_the_working_directory_is_the_configs_and_made_if_it_is_absent(contract: Bench) -> None:
    config = contract.config("pwd")
    config.working_dir = "/var/here"

    assert contract.finish(config).log == "/var/here\n"


def test_standard_input_is_at_its_end_when_nobody_asked_for_it(contract: Bench) -> None:
    assert contract.output("cat; echo done") == "done"


def test_home_is_that_of_the_user(contract: Bench) -> None:
    def as_app(config: cri.ContainerConfig) -> None:
        config.linux.security_context.run_as_user.value = 1000

    assert contract.output("echo $HOME", as_app) == "/home/app"
