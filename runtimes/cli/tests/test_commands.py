"""Each command on the fake backend, whose state is in a file between the calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml

from runtimes.cli.commands.logs import read_since
from runtimes.cli.output.usage import rows
from runtimes.core.pod.status import ContainerUsage

if TYPE_CHECKING:
    from runtimes.cli.tests.command_line import Cli

_SLEEPER = """
apiVersion: v1
kind: Pod
metadata: {name: sleeper, namespace: apart}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: main, image: "busybox:1", command: [sh, -c, "echo started; sleep 600"]}
"""


@pytest.fixture
def sleeper(cli: Cli) -> Cli:
    cli.ok("apply", cli.manifest(_SLEEPER))
    return cli


def test_apply_tells_what_it_did(cli: Cli) -> None:
    path = cli.manifest(_SLEEPER)

    assert cli.ok("apply", path).out == "pod/sleeper created\n"
    assert cli.ok("apply", "-f", path).out == "pod/sleeper unchanged\n"
    cli.manifest(_SLEEPER.replace("busybox:1", "busybox"))
    assert cli.ok("apply", path).out == "pod/sleeper configured\n"


def test_apply_needs_a_file(cli: Cli) -> None:
    assert cli("apply").code == 2
    missing = cli("apply", "nowhere.yaml")
    assert missing.code == 1
    assert "nowhere.yaml" in missing.err


def test_apply_reads_stdin(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(_SLEEPER))

    assert cli.ok("apply", "-").out == "pod/sleeper created\n"


def test_apply_tells_every_mistake_with_its_line_and_starts_nothing(cli: Cli) -> None:
    path = cli.manifest(_SLEEPER.replace("name: sleeper", "name: Sleeper").replace("image", "img"))

    result = cli("apply", path)

    assert result.code == 1
    first, *_, last = result.err.splitlines()
    assert first.startswith(f"{path}:4:18: metadata.name:")
    assert last.endswith("nothing was started")
    assert "did you mean 'image'" in result.err
    assert cli.ok("pods", "-q").out == ""


def test_pods_are_listed_in_every_format(sleeper: Cli) -> None:
    table = sleeper.ok("pods")
    assert table.out.split()[:6] == ["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE"]
    assert table.rows[0][:5] == ["apart", "sleeper", "1/1", "Running", "0"]
    assert sleeper.ok("pods", "-o", "name").out == "apart/sleeper\n"
    assert len(sleeper.ok("pods", "-o", "wide").rows[0]) == 8
    assert sleeper.ok("pods", "-n", "other", "-o", "name").out == ""
    (pod,) = json.loads(sleeper.ok("pods", "-o", "json").out)
    assert (pod["kind"], pod["status"]["phase"]) == ("Pod", "Running")
    assert yaml.safe_load(sleeper.ok("pods", "-o", "yaml").out) == [pod]
    assert sleeper.ok("pods", "-q").out == f"{pod['metadata']['uid']}\n"


def test_containers_are_listed(sleeper: Cli) -> None:
    (row,) = sleeper.ok("ps").rows
    (identifier,) = sleeper.ok("ps", "-q", "--no-trunc").out.split()

    assert identifier.startswith(row[0])
    assert len(row[0]) == 13
    assert row[3:7] == ["Running", "main", "0", "sleeper"]
    (data,) = json.loads(sleeper.ok("ps", "-o", "json").out)
    assert (data["id"], data["pod"]["name"]) == (identifier, "sleeper")


def test_ended_containers_are_listed_when_all_are_asked_for(sleeper: Cli) -> None:
    sleeper.ok("stop", "sleeper", "-t", "0")

    assert sleeper.ok("ps").out == ""
    assert sleeper.ok("ps", "-a").rows[0][3] == "Exited"


def test_logs_are_shown(sleeper: Cli) -> None:
    assert sleeper.ok("logs", "sleeper").out == "started\n"
    assert sleeper.ok("logs", "sleeper", "main", "--tail", "0").out == ""
    assert sleeper.ok("logs", "sleeper", "--prefix").out == "main | started\n"
    stamped = sleeper.ok("logs", "sleeper", "--timestamps", "--since", "1h").out
    assert stamped.endswith("Z started\n")
    assert sleeper.ok("logs", "sleeper", "--since", "2100-01-01T00:00:00Z").out == ""
    assert sleeper("logs", "sleeper", "other").code == 1
    assert "no previous attempt" in sleeper("logs", "sleeper", "-p").err


@pytest.mark.parametrize(
    ("text", "seconds"), [("10s", 10), ("5m", 300), ("1h30m", 5400), ("1.5s", 1.5)]
)
def test_since_is_a_span_before_now(text: str, seconds: float) -> None:
    assert read_since(text, 10**13) == 10**13 - int(seconds * 10**9)


def test_since_refuses_other_words(sleeper: Cli) -> None:
    assert sleeper("logs", "sleeper", "--since", "soon").code == 2
    assert sleeper("logs", "sleeper", "--since", "").out == "started\n"


def test_exec_passes_output_and_code_on(sleeper: Cli) -> None:
    result = sleeper("exec", "sleeper", "--", "sh", "-c", "echo in; echo bad >&2; exit 6")

    assert (result.code, result.out, result.err) == (6, "in\n", "bad\n")
    assert sleeper("exec", "-c", "main", "sleeper", "true").code == 0


def test_exec_says_what_it_cannot_do(sleeper: Cli) -> None:
    assert sleeper("exec", "sleeper").code == 125
    terminal = sleeper("exec", "-it", "sleeper", "--", "sh")
    assert terminal.code == 125
    assert "stdin is no terminal, so the container gets none" in terminal.err
    assert "backend 'fake' has no exec with streams" in terminal.err


def test_inspect_finds_pods_containers_and_images(sleeper: Cli) -> None:
    (identifier,) = sleeper.ok("ps", "-q").out.split()

    assert json.loads(sleeper.ok("inspect", "sleeper").out)["kind"] == "Pod"
    container = json.loads(sleeper.ok("inspect", identifier).out)
    assert (container["name"], container["pod"]["name"]) == ("main", "sleeper")
    assert container["started_at_ns"] > 0
    assert container["log_path"].endswith("main/0.log")
    image = yaml.safe_load(sleeper.ok("inspect", "busybox:1", "-o", "yaml").out)
    assert image["tags"] == ["docker.io/library/busybox:1"]
    missing = sleeper("inspect", "--type", "image", "sleeper")
    assert missing.code == 1
    assert "there is no image" in missing.err


def test_stats_show_what_runs(sleeper: Cli) -> None:
    (row,) = sleeper.ok("stats", "--interval", "0.05").rows

    assert row[1:3] == ["main", "sleeper"]
    assert sleeper.ok("stats", "sleeper", "--interval", "0.05").rows[0][1] == "main"


def test_cpu_is_the_part_of_a_core_between_two_looks() -> None:
    def look(moment: int, used: int | None) -> ContainerUsage:
        return ContainerUsage(
            id="x", name="x", pod_uid="", pod_name="", pod_namespace="",
            timestamp_ns=moment, cpu_usage_ns=used, memory_working_set_bytes=None,
        )  # fmt: skip

    assert rows([look(100, 10)], [look(200, 60)])[0].cpu_percent == 50.0
    assert rows([], [look(200, 60)])[0].cpu_percent is None
    assert rows([look(100, None)], [look(200, 60)])[0].cpu_percent is None
    assert rows([look(100, 10)], [look(100, 10)])[0].cpu_percent is None


def test_stop_and_rm_end_a_pod(sleeper: Cli) -> None:
    running = sleeper("rm", "sleeper")
    assert running.code == 1
    assert "running" in running.err

    assert sleeper.ok("stop", "sleeper", "--grace", "0").out == "sleeper\n"
    assert sleeper.ok("pods").rows[0][3] == "Error"
    assert sleeper.ok("rm", "sleeper").out == "sleeper\n"
    assert sleeper.ok("pods").err == "There are no pods.\n"


def test_a_pod_that_rm_refuses_keeps_no_other(sleeper: Cli) -> None:
    sleeper.ok("run", "--name", "ended", "busybox", "--", "true")
    sleeper.ok("run", "-d", "--name", "awake", "busybox", "--", "sleep", "600")

    result = sleeper("rm", "sleeper", "ended", "awake")

    assert (result.code, result.out) == (1, "ended\n")
    assert [line.startswith("runtimes: ") for line in result.err.splitlines()] == [True, True]
    assert "sleeper" in result.err
    assert "awake" in result.err


def test_rm_takes_all_by_force(sleeper: Cli) -> None:
    assert sleeper.ok("rm", "--all", "--force").out == "sleeper\n"
    assert sleeper.ok("rm", "--all").out == ""
    assert sleeper("rm").code == 2
    assert sleeper("stop", "x", "--all").code == 2


def test_stop_takes_all(sleeper: Cli) -> None:
    assert sleeper.ok("stop", "--all", "-t", "0").out == "sleeper\n"
    assert sleeper.ok("ps").out == ""


def test_images_are_pulled_listed_and_removed(cli: Cli) -> None:
    assert cli.ok("pull", "busybox:1", "busybox").out.count("\n") == 2

    listed = cli.ok("images")
    assert [row[:2] for row in listed.rows] == [
        ["docker.io/library/busybox", "1"],
        ["docker.io/library/busybox", "latest"],
    ]
    assert cli.ok("images", "-o", "name").out.splitlines()[0] == "docker.io/library/busybox:1"
    (identifier,) = set(cli.ok("images", "-q").out.split())
    assert json.loads(cli.ok("images", "-o", "json").out)[0]["id"] == identifier
    assert cli.ok("rmi", "busybox:1").out == "busybox:1\n"
    assert cli("rmi", "busybox:none").code == 1
    assert cli("rmi").code == 2
    cli.ok("rmi", "--all")
    assert cli.ok("images").err == "There are no images here.\n"


def test_a_missing_image_is_told(cli: Cli) -> None:
    result = cli("pull", "nobody-has-this")

    assert result.code == 1
    assert "nobody-has-this" in result.err


def test_credentials_need_a_colon(cli: Cli) -> None:
    assert "user:password" in cli("pull", "busybox", "--creds", "me").err


def test_import_needs_a_file_that_is_one(cli: Cli) -> None:
    assert cli("import", "nowhere.tar").code == 2
    path = cli.folder / "no.tar"
    path.write_text("not an archive")
    assert cli("import", str(path), "x:1").code == 1


def test_version_is_told_even_without_a_backend(cli: Cli) -> None:
    assert json.loads(cli.ok("version", "-o", "json").out)["backend"] == "fake"
    assert cli.ok("version", "--client").out.startswith("runtimes   0.")
    assert "unavailable" in cli.ok("version", "-b", "nope").out


def test_info_tells_of_the_backend(cli: Cli) -> None:
    found = json.loads(cli.ok("info", "-o", "json").out)

    assert found["backend"] == "fake"
    assert found["chosen because"] == "set in the configuration file"
    assert found["conditions"] == ["RuntimeReady=True", "NetworkReady=True"]
    assert "capabilities" in cli.ok("info").out


def test_backends_are_listed_with_their_state_and_the_chosen_one_is_marked(cli: Cli) -> None:
    found = {one["name"]: one for one in json.loads(cli.ok("backends", "-o", "json").out)}

    assert set(found) >= {"oci", "cri", "docker", "dockershim", "rkt", "rktshim", "fake"}
    assert (found["fake"]["state"], found["fake"]["chosen"]) == ("usable", True)
    assert [one["name"] for one in found.values() if one["chosen"]] == ["fake"]
    assert "*   fake " in cli.ok("backends").out


def test_a_broken_backend_hides_no_other(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    (cli.folder / "acme_bad.py").write_text("raise RuntimeError('no')")
    info = cli.folder / "acme_bad-3.dist-info"
    info.mkdir()
    (info / "entry_points.txt").write_text("[runtimes.cri]\nbad = acme_bad:backend\n")
    monkeypatch.syspath_prepend(str(cli.folder))

    found = {one["name"]: one for one in json.loads(cli.ok("backends", "-o", "json").out)}

    assert (found["bad"]["state"], found["bad"]["source"]) == ("broken", "acme-bad 3")
    assert found["fake"]["state"] == "usable"


def test_doctor_is_content_or_says_what_to_do(cli: Cli) -> None:
    good, bad = cli("doctor"), cli("doctor", "-b", "nope")

    assert good.code == 0
    assert "ok     NetworkReady" in good.out
    assert bad.code == 1
    assert "fail   nope: not installed" in bad.out
    everything = cli("doctor", "--all", "-o", "json")
    assert {one["name"] for one in json.loads(everything.out)} >= {"oci", "fake"}
