"""Command, environment, working directory, limits and executions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.spec import environment, process
from runtimes.oci.spec.build import build
from runtimes.oci.spec.request import SandboxFacts

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.oci.host.facts import HostFacts
    from runtimes.oci.image.config import RunDefaults
    from runtimes.oci.spec.request import SpecRequest

    Make = Callable[..., SpecRequest]

IMAGE: RunDefaults = {"Entrypoint": ["/entry", "-e"], "Cmd": ["default"]}


@pytest.mark.parametrize(
    ("command", "args", "image", "argv"),
    [
        ([], [], IMAGE, ["/entry", "-e", "default"]),
        ([], ["mine"], IMAGE, ["/entry", "-e", "mine"]),
        (["/own"], [], IMAGE, ["/own"]),
        (["/own"], ["mine"], IMAGE, ["/own", "mine"]),
        ([], [], {"Cmd": ["/bin/sh"]}, ["/bin/sh"]),
        ([], ["/bin/ls"], {"Cmd": ["/bin/sh"]}, ["/bin/ls"]),
        ([], [], {"Entrypoint": ["/entry"]}, ["/entry"]),
    ],
)
def test_a_command_replaces_entrypoint_and_default_arguments(
    make: Make, *, command: list[str], args: list[str], image: RunDefaults, argv: list[str]
) -> None:
    config = cri.ContainerConfig(command=command, args=args)

    assert process.arguments(make(config, image=image)) == argv


def test_no_command_at_all_is_refused(make: Make) -> None:
    config = cri.ContainerConfig(image=cri.ImageSpec(image="img:1"))

    with pytest.raises(errors.InvalidArgument, match=r"no command specified: .* 'img:1'"):
        process.arguments(make(config))


def _env(pairs: dict[str, bytes]) -> list[cri.KeyValue]:
    return [cri.KeyValue(key=key, value=value) for key, value in pairs.items()]


def test_the_environment_is_defaults_then_image_then_config(make: Make) -> None:
    config = cri.ContainerConfig(envs=_env({"B": b"config", "C": b"a=b \xc3\xa9", "EMPTY": b""}))
    image: RunDefaults = {"Env": ["A=image", "B=image", "PATH=/image", "NAKED", "=x"]}
    sandbox = SandboxFacts(id="s", cgroup="/s", hostname="pod-name")

    found = environment.container(make(config, image=image, sandbox=sandbox), "/home/me")

    assert found == [
        "PATH=/image",
        "HOSTNAME=pod-name",
        "HOME=/home/me",
        "A=image",
        "B=config",
        "NAKED=",
        "C=a=b é",
        "EMPTY=",
    ]


def test_a_terminal_brings_term_unless_it_is_set(make: Make) -> None:
    plain = environment.container(make(cri.ContainerConfig(tty=True)), "/")
    own = environment.container(
        make(cri.ContainerConfig(tty=True, envs=_env({"TERM": b"vt100"}))), "/"
    )

    assert plain == [f"PATH={environment.PATH}", "HOME=/", "TERM=xterm"]
    assert "TERM=vt100" in own


@pytest.mark.parametrize("pairs", [{"": b"x"}, {"A=B": b"x"}, {"A": b"x\0y"}, {"A": b"\xff"}])
def test_impossible_variables_are_refused(make: Make, pairs: dict[str, bytes]) -> None:
    with pytest.raises(errors.InvalidArgument, match="envs"):
        environment.container(make(cri.ContainerConfig(envs=_env(pairs))), "/")


@pytest.mark.parametrize(
    ("asked", "image", "cwd"),
    [
        ("", {}, "/"),
        ("", {"WorkingDir": "/srv"}, "/srv"),
        ("/own", {"WorkingDir": "/srv"}, "/own"),
        ("relative/dir", {}, "/relative/dir"),
        ("/a/../../b/", {}, "/b"),
    ],
)
def test_the_working_directory_is_absolute(
    make: Make, asked: str, image: RunDefaults, cwd: str
) -> None:
    config = cri.ContainerConfig(command=["x"], working_dir=asked)

    assert build(make(_isolated(config), image=image))["process"]["cwd"] == cwd


def _isolated(config: cri.ContainerConfig, **security: object) -> cri.ContainerConfig:
    context = cri.LinuxContainerSecurityContext(**security)  # type: ignore[arg-type]  # by name
    context.namespace_options.pid = cri.NamespaceMode.CONTAINER
    config.linux.security_context.CopyFrom(context)
    return config


def test_the_process_carries_identity_privileges_and_score(make: Make) -> None:
    config = cri.ContainerConfig(command=["x"], tty=True)
    _isolated(config, run_as_username="web", no_new_privs=True)
    config.linux.resources.oom_score_adj = 950

    found = build(make(config))["process"]

    assert found["user"] == {"uid": 33, "gid": 44, "additionalGids": [44, 55, 66]}
    assert found["terminal"]
    assert found["noNewPrivileges"]
    assert found["oomScoreAdj"] == 950


def test_the_score_and_open_files_stay_within_what_the_host_grants(
    make: Make, host: HostFacts
) -> None:
    config = _isolated(cri.ContainerConfig(command=["x"]))
    config.linux.resources.oom_score_adj = -997
    poor = replace(
        host, oom_score_adj_floor=0, can_raise_rlimits=False, rlimits={"RLIMIT_NOFILE": 20_000}
    )

    rich_process = build(make(config))["process"]
    poor_process = build(make(config, host=poor))["process"]

    assert rich_process["oomScoreAdj"] == -997
    assert rich_process["rlimits"] == [{"type": "RLIMIT_NOFILE", "soft": 65_536, "hard": 1_048_576}]
    assert poor_process["oomScoreAdj"] == 0
    assert poor_process["rlimits"] == [{"type": "RLIMIT_NOFILE", "soft": 20_000, "hard": 20_000}]


def test_an_execution_is_like_the_container_but_for_command_and_terminal(make: Make) -> None:
    spec = build(make(_isolated(cri.ContainerConfig(command=["x"]), run_as_username="web")))

    plain = process.exec_process(spec, ["ls", "-l"], tty=False)
    terminal = process.exec_process(spec, ["sh"], tty=True)

    assert plain == {**spec["process"], "args": ["ls", "-l"], "terminal": False}
    assert terminal["terminal"]
    assert terminal["env"] == [*spec["process"]["env"], "TERM=xterm"]
    assert spec["process"]["args"] == ["x"]


def test_an_execution_keeps_the_terminal_type_it_has(make: Make) -> None:
    spec = build(make(_isolated(cri.ContainerConfig(command=["x"], tty=True))))

    env = process.exec_process(spec, ["sh"], tty=True)["env"]

    assert [line for line in env if line.startswith("TERM=")] == ["TERM=xterm"]


def test_an_execution_of_nothing_is_refused(make: Make) -> None:
    spec = build(make(_isolated(cri.ContainerConfig(command=["x"]))))

    with pytest.raises(errors.InvalidArgument, match="exec"):
        process.exec_process(spec, [], tty=False)
