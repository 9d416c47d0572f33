"""Deployments, Jobs, ConfigMaps and Secrets from the command line, on the fake backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.cli.tests.command_line import Cli

_DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: main, image: "busybox:1", command: [sleep, "600"]}
"""
_JOB = """
apiVersion: batch/v1
kind: Job
metadata: {{name: once}}
spec:
  completions: 2
  backoffLimit: {limit}
  template:
    spec:
      restartPolicy: Never
      containers:
      - {{name: main, image: "busybox:1", command: [sh, -c, "{script}"]}}
"""
_SETTINGS = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {greeting: hello}
---
apiVersion: v1
kind: Pod
metadata: {name: reader}
spec:
  restartPolicy: Never
  containers:
  - name: main
    image: "busybox:1"
    command: [sh, -c, "echo $GREETING"]
    env:
    - {name: GREETING, valueFrom: {configMapKeyRef: {name: settings, key: greeting}}}
"""


def test_a_deployment_is_scaled_and_removed_by_its_file(cli: Cli) -> None:
    path = cli.manifest(_DEPLOYMENT)

    assert cli.ok("apply", path).out == "pod/web-0 created\npod/web-1 created\n"
    cli.manifest(_DEPLOYMENT.replace("replicas: 2", "replicas: 1"))
    assert cli.ok("apply", path).out == "pod/web-1 removed\npod/web-0 unchanged\n"
    assert cli.ok("stop", "-f", path).out == "web-0\n"
    assert cli.ok("rm", "--filename", path).out == "web-0\n"
    assert cli.ok("pods", "-q").out == ""


def test_a_changed_template_changes_the_same_pods(cli: Cli) -> None:
    path = cli.manifest(_DEPLOYMENT)
    cli.ok("apply", path)

    cli.manifest(_DEPLOYMENT.replace("busybox:1", "busybox"))

    assert cli.ok("apply", path).out == "pod/web-0 configured\npod/web-1 configured\n"


def test_a_job_runs_until_enough_pods_have_succeeded(cli: Cli) -> None:
    path = cli.manifest(_JOB.format(limit=0, script="echo done"))

    result = cli.ok("run", "-f", path)

    assert result.out.splitlines() == ["once-0/main | done", "once-1/main | done"]
    assert [row[2] for row in cli.ok("pods").rows] == ["Completed", "Completed"]


def test_a_job_that_fails_too_often_exits_with_its_code(cli: Cli) -> None:
    path = cli.manifest(_JOB.format(limit=1, script="exit 3"))

    assert cli("run", "-f", path).code == 3
    assert [row[:3] for row in cli.ok("pods").rows] == [
        ["once-0", "0/1", "Error"],
        ["once-1", "0/1", "Error"],
    ]
    assert cli("run", "--rm", "-f", path).code == 3


def test_a_config_map_comes_and_goes_with_its_pod(cli: Cli) -> None:
    path = cli.manifest(_SETTINGS)

    assert cli.ok("apply", path).out == "configmap/settings created\npod/reader created\n"
    assert cli.ok("apply", path).out.startswith("configmap/settings unchanged\n")
    cli.ok("stop", "reader")
    assert cli.ok("rm", "reader").out == "reader\n"
    assert cli.ok("apply", path).out.startswith("configmap/settings created\n")


def test_a_pod_gets_what_its_config_map_says(cli: Cli) -> None:
    assert cli.ok("run", "--rm", "-f", cli.manifest(_SETTINGS)).out == "hello\n"


def test_a_config_map_alone_is_kept_until_it_is_removed(cli: Cli) -> None:
    path = cli.manifest(_SETTINGS.split("---", maxsplit=1)[0])

    assert cli.ok("apply", path).out == "configmap/settings created\n"
    assert cli("run", "-f", path).code == 125
    assert cli.ok("rm", "--filename", path).out == "configmap/settings\n"
    assert cli.ok("rm", "--filename", path).out == ""


def test_a_folder_stands_for_the_manifests_in_it(cli: Cli) -> None:
    folder = cli.folder / "all"
    folder.mkdir()
    (folder / "b.yaml").write_text(_SETTINGS.split("---")[1])
    (folder / "a.yml").write_text(_SETTINGS.split("---", maxsplit=1)[0])
    (folder / ".hidden.yaml").write_text("no manifest")
    (folder / "notes.txt").write_text("no manifest")

    assert cli.ok("apply", "-f", str(folder)).out == (
        "configmap/settings created\npod/reader created\n"
    )


def _told(cli: Cli, *words: str) -> str:
    """What a process of its own says on stderr: the log's handler is made once a process."""
    _, told = cli.start("apply", *words).communicate(timeout=30)
    return told


def test_what_has_no_effect_is_told(cli: Cli) -> None:
    path = cli.manifest(_DEPLOYMENT.replace("replicas: 2", "revisionHistoryLimit: 2"))

    assert "spec.revisionHistoryLimit: has no effect here" in _told(cli, path)


def test_what_is_not_carried_out_is_refused_warned_of_or_ignored(cli: Cli) -> None:
    gates = "readinessGates: [{conditionType: example.org/ready}]"
    path = cli.manifest(_SETTINGS.replace("restartPolicy: Never", gates))
    where = "spec.readinessGates: is not supported yet"

    assert where in cli("apply", path).err
    assert where in _told(cli, "--validate", "warn", path)
    assert where not in _told(cli, "--validate", "ignore", path)
    assert [row[0] for row in cli.ok("pods").rows] == ["reader"]


def test_a_diff_tells_what_apply_would_do_and_does_nothing(cli: Cli) -> None:
    path = cli.manifest(_DEPLOYMENT)
    new = "pod/web-0 created\n  main: starts\npod/web-1 created\n  main: starts\n"
    found = cli("diff", path)
    assert (found.code, found.out) == (1, new)
    assert cli.ok("apply", "--dry-run", path).out == new
    assert cli.ok("pods").rows == []

    cli.ok("apply", path)
    same = "pod/web-0 unchanged\n  main: runs on\npod/web-1 unchanged\n  main: runs on\n"
    assert cli.ok("diff", path).out == same

    changed = _DEPLOYMENT.replace("replicas: 2", "replicas: 1").replace('"600"', '"601"')
    found = cli("diff", "-f", cli.manifest(changed))
    word = "  main: restarts: its definition changed\n"
    assert (found.code, found.out) == (1, f"pod/web-1 removed\npod/web-0 configured\n{word}")
    assert len(cli.ok("pods").rows) == 2


def test_a_diff_says_why_a_pod_gets_a_new_sandbox_and_apply_gives_it_one(cli: Cli) -> None:
    cli.ok("apply", cli.manifest(_DEPLOYMENT))
    path = cli.manifest(_DEPLOYMENT.replace("    spec:\n", "    spec:\n      hostname: other\n"))

    found = cli("diff", path)

    assert found.out.splitlines()[:3] == [
        "pod/web-0 configured",
        "  main: restarts: the pod gets a new sandbox",
        "  spec.hostname: changed, for which the pod gets a new sandbox",
    ]
    assert cli.ok("apply", path).out == "pod/web-0 configured\npod/web-1 configured\n"
    assert cli("diff", path).code == 0


def test_a_diff_compares_config_maps(cli: Cli) -> None:
    path = cli.manifest(_SETTINGS)
    assert cli("diff", path).out.startswith("configmap/settings created\npod/reader created\n")
    cli.ok("apply", path)

    path = cli.manifest(_SETTINGS.replace("greeting: hello", "greeting: hi"))

    assert cli("diff", path).out.startswith("configmap/settings configured\npod/reader unchanged\n")
