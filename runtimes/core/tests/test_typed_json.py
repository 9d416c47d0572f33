"""Types that are met for the first time by many threads at once."""

from __future__ import annotations

import subprocess
import sys

_AT_ONCE = """
import sys, threading
from runtimes.core import typed_json
from runtimes.core.pod import v1
sys.setswitchinterval(1e-6)
begin = threading.Barrier(32)
read = []
def work():
    begin.wait()
    read.append(typed_json.decode(b'{"metadata": {"name": "web"}}', v1.Pod).metadata.name)
threads = [threading.Thread(target=work) for _ in range(32)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(read.count("web"))
"""


def test_many_threads_may_be_the_first_to_read_a_type() -> None:
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", _AT_ONCE], capture_output=True, text=True, check=False
        )

        assert (done.returncode, done.stdout) == (0, "32\n"), done.stderr
