"""What a container finds: variables, volumes, its user, its host name, a place for last words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.contract.pod_bench import terminated

if TYPE_CHECKING:
    from runtimes.contract.pod_bench import PodBench


def test_variables_refer_to_each_other_and_to_the_pod(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  restartPolicy: Never
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, 'echo "$GREETING"; echo $(NAME) $NAMESPACE']
      env:
        - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
        - {name: GREETING, value: 'I am $(NAME), not $$(NAME)'}
"""
    )

    pod.finish()

    name = pod.pod.metadata.name
    assert pod.log("main") == f"I am {name}, not $(NAME)\n{name} runtimes-contract\n"


def test_args_replace_the_images_command_and_keep_its_entry_point(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  restartPolicy: Never
  containers:
    - {name: main, image: IMAGE, imagePullPolicy: Never, args: [echo, from, args]}
"""
    )

    assert pod.finish().phase == "Succeeded"
    assert pod.log("main") == "from args\n"


def test_a_folder_of_the_node_is_shared(contract_pod: PodBench) -> None:
    folder = contract_pod.folder()
    pod = contract_pod.apply(
        f"""
  restartPolicy: Never
  volumes: [{{name: node, hostPath: {{path: {folder}, type: Directory}}}}]
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, 'echo here > /node/file']
      volumeMounts: [{{name: node, mountPath: /node}}]
"""
    )

    assert pod.finish().phase == "Succeeded"
    assert (folder / "file").read_text() == "here\n"


def test_the_security_context_of_the_pod_counts_for_its_containers(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  restartPolicy: Never
  securityContext: {runAsUser: 1000, runAsGroup: 2000, supplementalGroups: [3000]}
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, 'id -u; id -g; id -G; echo x > /file || echo read-only']
      securityContext: {readOnlyRootFilesystem: true}
"""
    )

    pod.finish()

    lines = [line for line in pod.log("main").splitlines() if not line.startswith("sh:")]
    assert lines[:2] == ["1000", "2000"]
    assert "3000" in lines[2].split()
    assert lines[-1] == "read-only"


def test_the_host_name_is_the_pods_name(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  restartPolicy: Never
  containers:
    - {name: main, image: IMAGE, imagePullPolicy: Never, command: [hostname]}
"""
    )

    pod.finish()

    assert pod.log("main").strip() == pod.pod.metadata.name


def test_the_last_words_of_a_container_are_its_message(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  restartPolicy: Never
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, 'echo no disk > /dev/termination-log; exit 1']
"""
    )

    assert terminated(pod.finish(), "main").message.strip() == "no disk"


def test_the_end_of_the_log_is_the_message_when_asked_for(contract_pod: PodBench) -> None:
    pod = contract_pod.apply(
        """
  restartPolicy: Never
  containers:
    - name: main
      image: IMAGE
      imagePullPolicy: Never
      command: [sh, -c, 'echo the reason; exit 1']
      terminationMessagePolicy: FallbackToLogsOnError
"""
    )

    assert terminated(pod.finish(), "main").message.strip() == "the reason"
