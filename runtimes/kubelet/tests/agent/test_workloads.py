"""Jobs and Deployments of a folder, kept by an agent on the in-memory service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.tests.agent.house import BOTH, FOREVER

if TYPE_CHECKING:
    from runtimes.kubelet.tests.agent.house import House

JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {{name: once}}
spec:
  completions: 3
  parallelism: 2
  ttlSecondsAfterFinished: {ttl}
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers:
      - {{name: app, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "{app}"]}}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 3
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {{name: app, image: busybox, imagePullPolicy: IfNotPresent, command: [sh, -c, "{app}"]}}
"""


def sandboxes(house: House) -> list[str]:
    """Names of the pods that sandboxes were made for, in order."""
    made = [call.arguments[0] for call in house.bench.service.calls if call.rpc == "RunPodSandbox"]
    return [config.metadata.name for config in made]  # type: ignore[attr-defined]  # what the call takes


def test_a_job_of_the_folder_is_carried_to_its_end_across_agents(house: House) -> None:
    path = house.folder / "once.yaml"
    path.write_text(JOB.format(app=FOREVER, ttl=3600))
    agent = house.agent()
    first = house.until(lambda: now if len(now := house.running()) == 2 else {})
    agent.end()
    house.agents.clear()
    house.bench.service.stop_container(first["once-0/app"], 0)

    house.agent()

    house.until(lambda: len(sandboxes(house)) > 2)
    assert house.running()["once-1/app"] == first["once-1/app"]


def test_a_job_ends_with_its_pods_gone_after_a_while_and_is_not_begun_again(house: House) -> None:
    (house.folder / "once.yaml").write_text(JOB.format(app="true", ttl=0))
    house.agent()

    house.until(lambda: len(sandboxes(house)) == 3 and not house.recorded())
    house.write()
    house.until(lambda: set(house.running()) == BOTH)

    assert sorted(sandboxes(house)[:3]) == ["once-0", "once-1", "once-2"]
    assert set(sandboxes(house)[3:]) == {"web"}


def test_a_deployment_changes_pod_after_pod(house: House) -> None:
    path = house.folder / "web.yaml"
    path.write_text(DEPLOYMENT.format(app=FOREVER))
    house.agent()
    before = house.until(lambda: now if len(now := house.running()) == 3 else {})
    asked = len(house.bench.service.calls)

    path.write_text(DEPLOYMENT.format(app="sleep 99999"))
    house.until(
        lambda: (
            len(house.running()) == 3 and not set(before.values()) & set(house.running().values())
        )
    )

    calls = [one.rpc for one in house.bench.service.calls[asked:]]
    order = [one for one in calls if one in {"StopContainer", "StartContainer"}]
    assert order == ["StopContainer", "StartContainer"] * 3
