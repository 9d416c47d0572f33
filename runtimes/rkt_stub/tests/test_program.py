"""The argv of each command, and how its answer is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtimes.rkt_stub.program import enter, features, fetch, run_prepared, status, version
from runtimes.rkt_stub.program.app import add, kill, sandbox
from runtimes.rkt_stub.program.app import exec as app_exec
from runtimes.rkt_stub.program.rkt import Answer, Rkt
from runtimes.rkt_stub.program.run_prepared import PodNetwork

UUID = "5ab8f6a2-77cb-4a3e-a5a5-3d2e1a4a4a4a"
RKT = Rkt(program="/opt/rkt", dir=Path("/d"), local_config=Path("/l"))


def answer(stdout: str = "", stderr: str = "", code: int = 0) -> Answer:
    return Answer(("rkt",), code, stdout.encode(), stderr.encode())


def test_globals_come_before_the_command() -> None:
    assert RKT.argv("list", insecure=("all-run",)) == [
        "/opt/rkt", "--dir=/d", "--local-config=/l", "--insecure-options=image,all-run", "list",
    ]  # fmt: skip
    assert Rkt(insecure=()).argv("list") == ["rkt", "list"]


def test_a_warning_before_the_reason_is_not_the_reason() -> None:
    told = answer(stderr='group "rkt" not found, will use default gid\nrm: no such pod\n', code=254)

    assert told.complaint == "rm: no such pod"
    assert "no such pod" in str(told.failure("remove pod"))
    assert "254" in answer(code=254).complaint


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("rkt Version: 1.30.0+git171c416f\nappc Version: 0.8.11\n", "1.30.0+git171c416f"),
        ("rkt version 1.0\n", ""),
        ("", ""),
    ],
)
def test_version_is_one_line_of_five(text: str, found: str) -> None:
    assert version.parse(text) == found


def test_flags_are_found_in_help_texts() -> None:
    text = "OPTIONS:\n      --format=    choose\n      --wait-ready[=true]\n  -h, --help\n"

    assert features.flags(text) == {"format", "wait-ready", "help"}


def test_fetch_takes_the_last_line_as_the_id() -> None:
    assert fetch.words("reg/app:1") == [
        "fetch", "--pull-policy=update", "--full", "docker://reg/app:1",
    ]  # fmt: skip
    assert fetch.words("reg/app:1", Path("/c"))[0] == "--user-config=/c"
    assert fetch.fetched(answer("Downloading 10 %\nsha512-ab\n")) == "sha512-ab"
    assert fetch.fetched(answer()) == ""


def test_a_pods_network_is_said_in_flags() -> None:
    network = PodNetwork(
        net="default",
        hostname="web",
        servers=("192.0.2.1",),
        searches=("a.b",),
        options=("ndots:5",),
        hosts=(("192.0.2.9", "db"),),
    )

    assert run_prepared.words(UUID, network) == [
        "run-prepared", "--net=default", "--hostname=web", "--dns=192.0.2.1", "--dns-search=a.b",
        "--dns-opt=ndots:5", "--hosts-entry=192.0.2.9=db", UUID,
    ]  # fmt: skip
    assert PodNetwork(net="host").words() == ["--net=host", "--hosts-entry=host"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (b"[  123.456789] main[5]: a [b]: c", ("main", b"a [b]: c")),
        (b"[1.0] side-car[17]: ", ("side-car", b"")),
        (b"systemd[1]: Reached target", None),
        (b"", None),
    ],
)
def test_a_line_of_the_console_tells_its_app(line: bytes, found: object) -> None:
    assert run_prepared.console_line(line) == found


@pytest.mark.parametrize(
    ("seconds", "text"), [(5, "5000ms"), (0.25, "250ms"), (0, "1ms"), (90.1, "90100ms")]
)
def test_durations_are_gos(seconds: float, text: str) -> None:
    assert status.duration(seconds) == text


@pytest.mark.parametrize(
    ("text", "pid"),
    [
        ("state=running\npid=42\nexited=false\n", 42),
        ("state=exited\npid=42\nexited=true\napp-a=1\n", None),
        ("state=running\npid=-1\n", None),
        ("state=prepared\n", None),
    ],
)
def test_the_pid_is_in_the_text_alone(text: str, pid: int | None) -> None:
    assert status.parse_pid(text) == pid


@pytest.mark.parametrize(
    ("text", "pid"),
    [
        ("state=running\npid=4194304\n", 4194304),
        ("state=running\nnetworks=\npid=4194304\n", 4194304),
        ("state=running\nnetworks=default:ip4=172.16.28.2\npid=4194304\n", None),
        ("state=exited\npid=4194304\n", None),
    ],
)
def test_the_pod_of_a_stage1_without_a_first_process_is_in_the_network_of_what_is_told(
    text: str, pid: int | None, tmp_path: Path
) -> None:
    program = tmp_path / "rkt"
    program.write_text(f"#!/bin/sh\nprintf '{text}'\n")
    program.chmod(0o755)
    rkt = Rkt(program=str(program), insecure=())

    assert status.network_pid(rkt, UUID) == pid
    assert status.pid_of(rkt, UUID) is None


def test_commands_in_apps() -> None:
    assert enter.words(UUID, "a", ["ls", "-l"]) == ["enter", "--app=a", UUID, "ls", "-l"]
    assert app_exec.words(UUID, "a", ["ls"]) == ["app", "exec", "--app=a", UUID, "ls"]
    assert kill.argv(RKT, UUID, "a", 42) == [
        f"/d/pods/run/{UUID}/stage1/rootfs/enter", "--pid=42", "--",
        "/usr/bin/systemctl", "kill", "--signal=KILL", "a.service",
    ]  # fmt: skip


def test_a_sandbox_has_notes_ports_and_a_folder_of_logs() -> None:
    made = sandbox.Sandbox(
        uuid_file=Path("/u"),
        network=PodNetwork(net="none"),
        logs=Path("/logs"),
        ports=(sandbox.Port(protocol="tcp", pod_port=80, host_port=8080),),
        notes={"k": "v=w"},
    )

    assert made.words() == [
        "app", "sandbox", "--uuid-file-save=/u",
        "--annotation=coreos.com/rkt/experiment/logmode=k8s-plain",
        "--annotation=coreos.com/rkt/experiment/kubernetes-log-dir=/logs",
        "--port=tcp-80-8080:tcp:80:0.0.0.0:8080", "--net=none", "--user-annotation=k=v=w",
    ]  # fmt: skip


def test_an_app_says_only_what_was_asked() -> None:
    assert add.words(UUID, add.NewApp(name="a", image_id="sha512-1")) == [
        "app", "add", UUID, "sha512-1", "--name=a", "--stdin=null", "--stdout=log", "--stderr=log",
    ]  # fmt: skip


def test_an_app_with_everything() -> None:
    app = add.NewApp(
        name="a",
        image_id="sha512-1",
        argv=("sh", "-c", "exit 3"),
        user="1000",
        groups=(7, 8),
        read_only=True,
        environment={"A": "b=c"},
        retain=("CAP_CHOWN",),
        binds=(add.Bind(name="v-0", source="/h", target="/c", read_only=True),),
        log="a.log",
        memory_bytes=64,
        cpu_millis=500,
        oom_score_adj=-5,
    )

    words = add.words(UUID, app)

    assert words[-5:] == ["--exec=sh", "--", "-c", "exit 3", "---"]
    assert {
        "--annotation=coreos.com/rkt/experiment/kubernetes-log-path=a.log",
        "--stdin=null",
        "--stdout=stream",
        "--stderr=stream",
        "--user=1000",
        "--supplementary-gids=7,8",
        "--readonly-rootfs=true",
        "--environment=A=b=c",
        "--caps-retain=CAP_CHOWN",
        "--mnt-volume=name=v-0,kind=host,source=/h,target=/c,readOnly=true",
        "--memory=64",
        "--cpu=500m",
        "--oom-score-adj=-5",
    } <= set(words)
