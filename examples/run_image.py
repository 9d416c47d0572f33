"""Run one image, show what it wrote, and exit with its code.

python examples/run_image.py busybox:1 echo hello
"""

from __future__ import annotations

import sys

from runtimes.client import RunOptions, connect


def main(image: str, *command: str) -> int:
    with connect() as runtime:
        pod = runtime.run(image, command, RunOptions(env={"GREETING": "hello"}))
        code = pod.wait(timeout=60)
        for line in pod.logs():
            stream = sys.stdout if line.stream == "stdout" else sys.stderr
            stream.buffer.write(line.text)
        pod.remove()
    return code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
