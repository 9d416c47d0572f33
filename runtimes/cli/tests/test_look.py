"""`get`, `describe` and `status`: pods seen from outside."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import urllib.request
from typing import TYPE_CHECKING

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.cli.tests.command_line import Cli

_PODS = """
apiVersion: v1
kind: Pod
metadata: {name: sleeper, namespace: apart, labels: {app: sleeper}}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: busybox:1
    command: [sh, -c, "echo started; sleep 600"]
    ports: [{containerPort: 80}]
    env:
    - {name: PLAIN, value: text}
    - {name: SECRET, valueFrom: {secretKeyRef: {name: keys, key: token}}}
    livenessProbe: {exec: {command: ["true"]}}
    volumeMounts: [{name: scratch, mountPath: /scratch, readOnly: true}]
  volumes: [{name: scratch, hostPath: {path: /tmp}}]
---
apiVersion: v1
kind: Secret
metadata: {name: keys, namespace: apart}
stringData: {token: never-shown}
---
apiVersion: v1
kind: Pod
metadata: {name: broken}
spec:
  restartPolicy: Never
  containers: [{name: app, image: "busybox:1", command: [sh, -c, "echo about to fail; exit 3"]}]
"""


@pytest.fixture
def pods(cli: Cli) -> Cli:
    cli.ok("apply", cli.manifest(_PODS))
    return cli


def test_get_lists_pods_as_kubectl_does(pods: Cli) -> None:
    assert [row[:4] for row in pods.ok("get", "pods").rows] == [
        ["apart", "sleeper", "1/1", "Running"],
        ["default", "broken", "0/1", "Error"],
    ]
    assert pods.ok("get", "po", "-n", "apart", "-o", "name").out == "apart/sleeper\n"
    assert len(pods.ok("get", "pods", "-o", "wide").rows[0]) == 8
    listed = json.loads(pods.ok("get", "pods", "-o", "json").out)
    assert (listed["kind"], len(listed["items"])) == ("List", 2)
    pod = yaml.safe_load(pods.ok("get", "pod", "sleeper", "-o", "yaml").out)
    assert (pod["kind"], pod["status"]["phase"]) == ("Pod", "Running")
    assert pods("get", "pod", "nobody").code == 1
    assert pods("get", "nodes").code == 2
    assert pods.ok("get", "pods", "-A").out == pods.ok("get", "pods").out
    assert pods("get", "pods", "-A", "-n", "apart").code == 2


def test_logs_of_a_pod_that_never_started_are_an_error(cli: Cli) -> None:
    absent = "{name: app, image: 'nowhere:1', imagePullPolicy: Never}"
    cli("apply", cli.manifest(f"kind: Pod\napiVersion: v1\nmetadata: {{name: absent}}\n"
                              f"spec: {{containers: [{absent}]}}\n"))  # fmt: skip

    for words in (["absent"], ["-f", "absent"]):
        told = cli("logs", *words)
        assert told.code == 1
        assert "nothing of it has been started yet; see: runtimes describe pod absent" in told.err


def test_get_says_when_there_is_nothing(cli: Cli) -> None:
    assert cli.ok("get", "pods").err == "There are no pods.\n"
    assert cli.ok("get", "events").err == "There are no events.\n"
    assert json.loads(cli.ok("get", "pods", "-o", "json").out)["items"] == []


def test_events_are_on_record_after_the_command_that_saw_them(pods: Cli) -> None:
    rows = pods.ok("get", "events", "sleeper").rows
    assert [row[3] for row in rows] == ["Pulling", "Pulled", "Created", "Started"]
    pods.ok("stop", "sleeper", "-t", "0")
    pods.ok("rm", "sleeper")

    events = json.loads(pods.ok("get", "events", "-n", "apart", "-o", "json").out)

    last = events["items"][-1]
    assert (last["reason"], last["message"]) == ("Killing", "Stopping container main")
    assert last["involvedObject"]["name"] == "sleeper"
    assert pods.ok("get", "events", "sleeper", "-o", "name").out.startswith("apart/sleeper\n")


def test_describe_tells_all_and_no_secret(pods: Cli) -> None:
    text = pods.ok("describe", "pod", "sleeper").out

    for words in (
        "Labels:          app=sleeper",
        "State:          Running since",
        "Ports:          80/TCP",
        "SECRET: <key token of secret keys>",
        "PLAIN: text",
        "/scratch from scratch (ro)",
        "Liveness:       exec [true] delay=0s timeout=1s period=10s #success=1 #failure=3",
        "scratch:  hostPath path=/tmp",
        "Created container: main",
    ):
        assert words in text
    assert "never-shown" not in text


def test_describe_tells_how_a_container_ended(pods: Cli) -> None:
    text = pods.ok("describe", "pods", "broken").out

    assert re.search(r"^Status: +Failed$", text, re.MULTILINE)
    assert "Terminated: Error" in text
    assert "Exit code 3" in text


def test_describe_takes_all_pods_or_says_that_there_are_none(pods: Cli) -> None:
    assert pods.ok("describe", "pod").out.count("Restart Policy:") == 2
    pods.ok("rm", "--all", "--force")
    assert pods.ok("describe", "pod").err == "There are no pods.\n"


def test_status_names_what_is_not_well(pods: Cli) -> None:
    told = pods("status")

    assert told.code == 1
    assert "Pods:     1 Error, 1 Running" in told.out
    assert "default/broken:  Error, 0 of 1 ready" in told.out
    assert "Agent:    none" in told.out
    pods.ok("rm", "broken")
    assert "Not well" not in pods.ok("status").out
    data = json.loads(pods.ok("status", "-o", "json").out)
    assert (data["pods"], data["agent"], data["problems"]) == ({"Running": 1}, None, {})


@pytest.fixture
def agent(cli: Cli) -> Iterator[subprocess.Popen[str]]:
    """An agent on a folder with a pod that crashes and a file that is none."""
    folder = cli.folder / "manifests"
    folder.mkdir()
    (folder / "crash.yaml").write_text(_PODS.rpartition("---")[2].replace("Never", "Always"))
    (folder / "bad.yaml").write_text("kind: Nothing")
    words = ("kubelet", "--manifests", str(folder), "--http", "127.0.0.1:0")
    process = subprocess.Popen(
        [sys.executable, "-m", "runtimes.cli.main", *words], stderr=subprocess.PIPE, text=True
    )
    yield process
    process.terminate()
    process.communicate(timeout=30)


def _until(cli: Cli, words: str, *command: str) -> str:
    for _ in range(600):
        if words in (said := cli(*command).out):
            return said
        threading.Event().wait(0.05)
    raise AssertionError(f"{words!r} isn't in {said}")


@pytest.mark.usefixtures("agent")
def test_what_an_agent_knows_is_seen_beside_it(cli: Cli) -> None:
    _until(cli, "CrashLoopBackOff", "get", "pods")
    told = cli("status")
    assert told.code == 1
    assert "bad.yaml:" in told.out
    assert "default/broken:" in told.out
    assert f"keeps {cli.folder}/manifests" in told.out
    assert "Back-off restarting failed container app" in cli.ok("describe", "pod", "broken").out


@pytest.mark.usefixtures("agent")
def test_an_agents_api_has_its_pods_and_their_logs(cli: Cli) -> None:
    url = _until(cli, "http://", "status").partition("API:")[2].split()[0]
    _until(cli, "CrashLoopBackOff", "get", "pods")

    (pod,) = json.loads(_read(f"{url}/pods"))["items"]

    assert pod["metadata"]["name"] == "broken"
    assert pod["status"]["containerStatuses"][0]["restartCount"] >= 1
    assert _read(f"{url}/healthz") == "ok\n"
    assert _read(f"{url}/containerLogs/default/broken/app?previous=true") == "about to fail\n"
    assert "kubelet_started_containers_total" in _read(f"{url}/metrics")


def _read(url: str) -> str:
    with urllib.request.urlopen(url, timeout=20) as answer:
        text: str = answer.read().decode()
        return text


def test_watching_prints_what_changes(pods: Cli) -> None:
    watching = pods.start("get", "pods", "-w")
    assert watching.stdout is not None
    first = [watching.stdout.readline().split() for _ in range(3)]
    pods.ok("stop", "sleeper", "-t", "0")
    changed = watching.stdout.readline().split()
    watching.kill()
    watching.communicate()

    assert first[0][:4] == ["NAMESPACE", "NAME", "READY", "STATUS"]
    assert first[1][1:4] == ["sleeper", "1/1", "Running"]
    assert changed[1] == "sleeper"
    assert changed[3] != "Running"


def test_watching_a_pod_by_name_outlives_it(pods: Cli) -> None:
    watching = pods.start("get", "pods", "broken", "sleeper", "-w")
    assert watching.stdout is not None
    first = [watching.stdout.readline().split() for _ in range(3)]
    pods.ok("rm", "broken")
    pods.ok("stop", "sleeper", "-t", "0")
    changed = watching.stdout.readline().split()
    watching.kill()
    watching.communicate()

    assert {row[1] for row in first[1:]} == {"broken", "sleeper"}
    assert changed[1] == "sleeper"
