"""Drive a pod in one thread and follow its log in another, as `runtimes run` does.

python examples/follow_logs.py IMAGE
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from runtimes.client import connect

SCRIPT = "for i in 1 2 3; do echo line $i; sleep 0.2; done"


def main(image: str) -> int:
    with connect() as runtime, ThreadPoolExecutor(1) as drivers:
        pod = runtime.run(image, ["sh", "-c", SCRIPT], timeout=60)
        code = drivers.submit(pod.wait, timeout=60)
        for line in pod.logs(follow=True):
            print(f"{line.container}: {line.text.decode().rstrip()}")
        pod_code = code.result()
        pod.remove()
    return pod_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "busybox:1"))
