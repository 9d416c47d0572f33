"""A pod's life from Python: apply a manifest, look, exec, read logs, stop, remove.

python examples/pod_lifecycle.py IMAGE
"""

from __future__ import annotations

import sys

from runtimes.client import connect

MANIFEST = """
apiVersion: v1
kind: Pod
metadata:
  name: lifecycle
  labels: {{app: example}}
spec:
  terminationGracePeriodSeconds: 2
  containers:
    - name: web
      image: {image}
      imagePullPolicy: IfNotPresent
      command: [sh, -c, 'echo serving; while true; do sleep 0.1; done']
"""


def main(image: str) -> None:
    with connect() as runtime:
        print("backend:", runtime.name, "-", runtime.opened.why)
        pod = runtime.apply(MANIFEST.format(image=image), timeout=60)
        print("phase:", pod.phase)
        for container in pod.containers:
            print("container:", container.name, container.state)
        result = pod.exec(["sh", "-c", "echo hello from inside"])
        print("exec:", result.exit_code, result.stdout.decode().strip())
        print("log:", next(pod.logs(tail=1)).text.decode().strip())
        pod.stop()
        print("stopped:", pod.containers[0].exit_code)
        pod.remove()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "busybox:1")
