"""What `rkt run-prepared` and `rkt app sandbox` become: the pod's supervisor.

It holds the lock of the pod's folder, starts apps through crun, is their parent, and writes down
how they end. In an immutable pod an app that fails takes the whole pod along.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

from runtimes.rkt_stub.tests.standin import appspec, groups, images, network, text
from runtimes.rkt_stub.tests.standin.places import touch, write

if TYPE_CHECKING:
    from typing import BinaryIO

    from runtimes.rkt_stub.tests.standin.places import Json, PodPlace

STOP_SECONDS = 90.0
SEEN_LATER = 0.05
EXEC_FAILED = 203
LOG_DIR = "coreos.com/rkt/experiment/kubernetes-log-dir"
LOG_PATH = "coreos.com/rkt/experiment/kubernetes-log-path"
STDOUT = "coreos.com/rkt/stage2/stdout"


class Supervisor:
    def __init__(self, pod: PodPlace, options: Json, *, mutable: bool) -> None:
        self.pod, self.options, self.mutable = pod, options, mutable
        self.running: dict[int, str] = {}
        self.logs: dict[str, list[threading.Thread]] = {}
        self.files: dict[str, BinaryIO] = {}
        self.kill_at: dict[str, float] = {}
        self.halting: int | None = None
        self.began = time.monotonic()
        self.output = threading.Lock()

    def run(self) -> int:
        """The pod's whole life; its exit code."""
        lock = self.pod.lock()
        wake = self._listen_to_signals()
        network.become_subreaper()
        network.own_mounts()
        if self.pod.stage != "run":
            self.pod.move("run")
        address = self._set_up()
        control = self._listen()
        try:
            if not self.mutable:
                for entry in self.pod.manifest["apps"]:
                    self.mount(entry)
                for entry in self.pod.manifest["apps"]:
                    self.start(entry)
            touch(self.pod.file("pod-started"))
            touch(self.pod.file("supervisor-ready"))
            self._serve(control, wake)
        finally:
            self._tear_down(address)
            os.close(lock)
        return self.halting or 0

    def _listen_to_signals(self) -> int:
        receive, send = os.pipe()
        os.set_blocking(send, False)
        signal.set_wakeup_fd(send)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, self._on_signal)
        return receive

    def _on_signal(self, number: int, frame: object) -> None:
        if number != signal.SIGCHLD:
            self.halt(0)

    def _set_up(self) -> str:
        net = self.options["net"]
        hostname = "" if net == "host" else self.options.get("hostname") or f"rkt-{self.pod.uuid}"
        self.pid1 = network.make_namespaces(hostname, own_network=net != "host")
        write(self.pod.file("first"), str(self.pid1))
        write(self.pod.file("ppid"), str(os.getpid()))
        for name in ("resolv.conf", "hosts"):
            if self.options.get(name):
                write(self.pod.file(name), self.options[name])
        if net == "host":
            return ""
        if net == "none":
            network.only_loopback(self.pid1)
            return ""
        found = network.connect(self.pod.uuid, self.pid1)
        write(self.pod.file("net-info.json"), text.dumps([found]))
        for host_ip, host_port, pod_port in self.options.get("ports", ()):
            network.HostPort(host_ip, host_port, (found["ip"], pod_port))
        return str(found["ip"])

    def _listen(self) -> socket.socket:
        os.chdir(self.pod.path)
        server = socket.socket(socket.AF_UNIX)
        server.bind("control")
        server.listen(16)
        os.chdir("/")
        return server

    def _serve(self, control: socket.socket, wake: int) -> None:
        while not self._over():
            ready = _readable(control.fileno(), wake, self._patience())
            if wake in ready:
                os.read(wake, 4096)
            self._reap()
            self._kill_late()
            if control.fileno() in ready and self.halting is None:
                self._answer(control.accept()[0])

    def _over(self) -> bool:
        alone = not self.running and not self.mutable
        if alone and self.halting is None:
            self.halting = 0
        return self.halting is not None and not self.running

    def _patience(self) -> float | None:
        if not self.kill_at:
            return None
        return max(0.0, min(self.kill_at.values()) - time.monotonic())

    def _kill_late(self) -> None:
        now = time.monotonic()
        for app in [app for app, at in self.kill_at.items() if at <= now]:
            del self.kill_at[app]
            self.signal(app, signal.SIGKILL)

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            request = text.loads(connection.makefile().readline())
            try:
                answer = getattr(self, f"on_{request['do']}")(request["app"], request)
            except (OSError, subprocess.CalledProcessError, KeyError) as error:
                answer = f"error: {error}"
            connection.sendall(text.dumps(answer or "ok").encode())

    def on_mount(self, app: str, request: Json) -> None:
        self.mount(self._entry(app))

    def on_start(self, app: str, request: Json) -> None:
        if app not in self.running.values():
            self.start(self._entry(app))

    def on_stop(self, app: str, request: Json) -> None:
        if app in self.running.values():
            self.kill_at[app] = time.monotonic() + STOP_SECONDS
            self.signal(app, signal.SIGTERM)

    def on_kill(self, app: str, request: Json) -> None:
        self.signal(app, signal.Signals[f"SIG{request['signal']}"])

    def on_unmount(self, app: str, request: Json) -> None:
        subprocess.run(["umount", "-l", self.pod.app_root(app)], check=False, capture_output=True)

    def _entry(self, app: str) -> Json:
        found: Json = next(one for one in self.pod.manifest["apps"] if one["name"] == app)
        return found

    def mount(self, entry: Json) -> None:
        """Render the image below the app's own writable layer."""
        root = self.pod.app_root(entry["name"])
        upper, work = f"{os.path.dirname(root)}/upper", f"{os.path.dirname(root)}/work"
        for folder in (root, upper, work):
            os.makedirs(folder, exist_ok=True)
        lower = f"{images.store(self.pod.root)}/{entry['image']['id']}/rootfs"
        words = f"lowerdir={lower},upperdir={upper},workdir={work}"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", words, root], check=True)
        touch(self.pod.app_status(f"{entry['name']}-created"))

    def start(self, entry: Json) -> None:
        app = entry["name"]
        for left in (self.pod.app_status(app), self.pod.app_status(f"{app}-started")):
            if os.path.exists(left):
                os.unlink(left)
        bundle = self.pod.file(f"bundles/{app}")
        appspec.write_bundle(bundle, appspec.config(self.pod, entry, self.options, self.pid1))
        pid_file = f"{bundle}/pid"
        if not self._create(entry, bundle, pid_file):
            touch(self.pod.app_status(f"{app}-started"))
            self._finished(app, EXEC_FAILED)
            return
        with open(pid_file) as file:
            pid = int(file.read())
        self.running[pid] = app
        groups.join(self._id(app), pid)
        done = self._crun("start", self._id(app))
        touch(self.pod.app_status(f"{app}-started"))
        if done.returncode:
            self._crun("kill", self._id(app), "KILL")
            self._ended(pid, EXEC_FAILED)

    def _create(self, entry: Json, bundle: str, pid_file: str) -> bool:
        """Whether its program can be executed: that it can't is no error of the start."""
        app = entry["name"]
        readers, writers = self._outputs(entry)
        done = subprocess.run(
            self._argv("create", "--bundle", bundle, "--pid-file", pid_file, self._id(app)),
            stdin=subprocess.DEVNULL,
            stdout=writers[0],
            stderr=writers[-1],
            check=False,
        )
        for descriptor in set(writers):
            os.close(descriptor)
        self.logs[app] = readers
        return done.returncode == 0

    def _outputs(self, entry: Json) -> tuple[list[threading.Thread], list[int]]:
        """Pipes for the app's streams: of one stream in an immutable pod, as journald has them."""
        app = entry["name"]
        streams = ("stdout", "stderr") if self.mutable else ("stdout",)
        log = self._log(entry) if self.mutable else None
        threads, writers = [], []
        for stream in streams:
            reader, writer = os.pipe()
            writers.append(writer)
            target = self._console if log is None else _KubernetesLog(log, stream)
            thread = threading.Thread(target=_copy_lines, args=(reader, app, target), daemon=True)
            thread.start()
            threads.append(thread)
        return threads, writers

    def _log(self, entry: Json) -> BinaryIO | None:
        """The log file that annotations ask for; emptied when the app starts again."""
        notes = {one["name"]: one["value"] for one in entry.get("annotations", ())}
        pods = {one["name"]: one["value"] for one in self.pod.manifest.get("annotations", ())}
        if not notes.get(LOG_PATH) or notes.get(STDOUT) != "stream":
            return None
        path = f"{pods[LOG_DIR]}/{notes[LOG_PATH]}"
        self.files[entry["name"]] = found = open(path, "wb", buffering=0)  # noqa: SIM115 - closed when the app ends
        return found

    def _console(self, app: str, line: bytes) -> None:
        if self.mutable:
            return
        head = f"[{time.monotonic() - self.began:12.6f}] {app}[{os.getpid()}]: ".encode()
        with self.output:
            sys.stdout.buffer.write(head + line + b"\n")
            sys.stdout.buffer.flush()

    def _reap(self) -> None:
        for pid in list(self.running):
            try:
                done, status = os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue
            if done:
                code = os.waitstatus_to_exitcode(status)
                self._ended(pid, abs(code))

    def _ended(self, pid: int, code: int) -> None:
        """A death by signal is written down as the bare number of the signal."""
        app = self.running.pop(pid)
        self.kill_at.pop(app, None)
        self._finished(app, code)

    def _finished(self, app: str, code: int) -> None:
        groups.end(self._id(app))
        self._crun("delete", "--force", self._id(app))
        for thread in self.logs.pop(app, []):
            thread.join(5)
        if app in self.files:
            self.files.pop(app).close()
        if self.mutable:
            time.sleep(SEEN_LATER)
            touch(self.pod.app_status(app), str(code))
        elif self.halting is None:
            touch(self.pod.app_status(app), str(code))
            if code:
                self.halt(code)
        else:
            touch(self.pod.app_status(app), "0")

    def halt(self, code: int) -> None:
        """Take the pod down; how its apps end from now on isn't written down truly."""
        if self.halting is not None:
            return
        self.halting = code
        for app in list(self.running.values()):
            self.kill_at[app] = time.monotonic() + STOP_SECONDS
            self.signal(app, signal.SIGTERM)

    def signal(self, app: str, number: int) -> None:
        for pid, name in self.running.items():
            if name == app:
                os.kill(pid, number)

    def _tear_down(self, address: str) -> None:
        os.kill(self.pid1, signal.SIGKILL)
        while self._children():
            time.sleep(0.002)
        for entry in self.pod.manifest["apps"]:
            groups.end(self._id(entry["name"]))
        network.release(address, self.pod.uuid)
        os.unlink(self.pod.file("control"))

    def _children(self) -> bool:
        """Reap; a namespace's first process ends only after all others of it."""
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                continue
        except ChildProcessError:
            return False
        return True

    def _id(self, app: str) -> str:
        return f"{self.pod.uuid}-{app}"

    def _argv(self, *words: str) -> list[str]:
        return self.pod.crun(*words)

    def _crun(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(self._argv(*words), capture_output=True, check=False)


def _readable(control: int, wake: int, patience: float | None) -> list[int]:
    return select.select([control, wake], [], [], patience)[0]


class _KubernetesLog:
    """The log of Kubernetes 1.5: time, stream and text, without a tag."""

    def __init__(self, file: BinaryIO, stream: str) -> None:
        self.file, self.stream = file, stream

    def __call__(self, app: str, line: bytes) -> None:
        now = time.time_ns()
        second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9))
        head = f"{second}.{now % 10**9:09d}Z {self.stream} ".encode()
        self.file.write(head + line + b"\n")


def _copy_lines(reader: int, app: str, target: object) -> None:
    with open(reader, "rb") as file:
        for line in file:
            target(app, line.removesuffix(b"\n"))  # type: ignore[operator]  # one of two callables
