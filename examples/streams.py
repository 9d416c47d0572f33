"""Feed a command in a container, copy a file out, and reach a port of the pod.

python examples/streams.py IMAGE PORT
"""

from __future__ import annotations

import socket
import sys
import tempfile
from pathlib import Path

from runtimes.client import connect
from runtimes.client.exchange import bytes_source, collect


def main(image: str, port: int) -> int:
    with connect() as runtime:
        server = f"while true; do echo welcome | nc -l -p {port}; done"
        pod = runtime.run(image, ["sh", "-c", server], timeout=60)
        try:
            container = pod.container()
            with (
                bytes_source(b"some words\n") as source,
                container.open_exec(["wc", "-w"], stdin=True) as session,
            ):
                print("words:", collect(session, source).stdout.decode().strip())
            with tempfile.TemporaryDirectory() as folder:
                container.copy_from("/etc/passwd", folder)
                print("copied:", [path.name for path in Path(folder).iterdir()])
            with (
                pod.port_forward([f":{port}"]) as forward,
                socket.create_connection(("127.0.0.1", forward.ports[0].local)) as connection,
            ):
                print("port:", connection.recv(100).decode().strip())
        finally:
            pod.remove(force=True)
    return 0


if __name__ == "__main__":
    image = sys.argv[1] if len(sys.argv) > 1 else "busybox:1"
    sys.exit(main(image, int(sys.argv[2]) if len(sys.argv) > 2 else 8080))
