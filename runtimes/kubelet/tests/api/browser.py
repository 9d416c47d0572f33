"""Chromium without a window, driven over the DevTools protocol."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from websockets.sync.client import connect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from websockets.sync.client import ClientConnection

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
_LISTENING = re.compile(r"DevTools listening on (ws://\S+)")
_PATIENCE = 30.0


def find() -> str | None:
    """The program; None when there is none here."""
    return next(filter(None, map(shutil.which, PROGRAMS)), None)


class Page:
    """One tab; what goes wrong in it (errors, refused content) is kept in `complaints`."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self._session = ""
        self.complaints: list[str] = []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        attached = self("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self(f"{domain}.enable")

    def __call__(self, method: str, **parameters: object) -> Any:  # noqa: ANN401 - the protocol's
        """Call a method of the protocol."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._socket.send(json.dumps(message))
        while True:
            answer = json.loads(self._socket.recv(timeout=_PATIENCE))
            self._listen(answer)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _listen(self, message: dict[str, Any]) -> None:
        parameters = message.get("params", {})
        if message.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(str(parameters["exceptionDetails"]))
        if message.get("method") == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(str(parameters["entry"]["text"]))

    def open(self, url: str) -> None:
        self("Page.navigate", url=url)

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self("Emulation.setEmulatedMedia", features=[scheme])

    def __getitem__(self, expression: str) -> Any:  # noqa: ANN401 - JavaScript's
        """Evaluate an expression."""
        answer = self("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, expression: str) -> Any:  # noqa: ANN401 - JavaScript's
        """Wait until an expression is true, and give its value."""
        end = time.monotonic() + _PATIENCE
        while not (value := self[expression]):
            assert time.monotonic() < end, (expression, self["document.body.innerText"])
            time.sleep(0.05)
        return value

    def press(self, key: str, text: str = "") -> None:
        """Press a key as a user does."""
        self("Input.dispatchKeyEvent", type="keyDown", key=key, code=key, text=text)
        self("Input.dispatchKeyEvent", type="keyUp", key=key, code=key)

    def photograph(self, path: Path) -> None:
        data = self("Page.captureScreenshot", format="png", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))


@contextmanager
def browser(program: str, folder: Path) -> Iterator[Page]:
    """Run Chromium with a profile of its own in `folder`."""
    words = [
        program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--no-first-run", "--disable-extensions", "--disable-background-networking",
        "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank",
    ]  # fmt: skip
    process = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        found = next(filter(None, map(_LISTENING.search, process.stderr)), None)
        assert found is not None, "Chromium doesn't listen"
        with connect(found[1], max_size=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        process.communicate(timeout=20)
