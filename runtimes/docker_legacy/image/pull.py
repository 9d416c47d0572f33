"""PullImage. Source: Docker Engine API, ImageCreate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref
from runtimes.core.progress import Progress, report
from runtimes.docker_legacy.call import Call
from runtimes.docker_legacy.image import credentials, pull_messages
from runtimes.docker_legacy.image.inspect import inspect
from runtimes.docker_legacy.wire.json_lines import JsonLines

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.core.docker.types import AuthConfig
    from runtimes.docker_legacy.call import Refusal
    from runtimes.docker_legacy.engine import Engine
    from runtimes.docker_legacy.image.pull_messages import Tracker
    from runtimes.docker_legacy.wire.incoming import Incoming


def pull(
    engine: Engine,
    image: str,
    auth: AuthConfig | None,
    now: Callable[[], float] = time.monotonic,
) -> None:
    reference = image_ref.parse(image).with_default_tag()
    what = f"pull image '{image}'"
    call = Call(
        what=what,
        method="POST",
        path="/images/create",
        # Without a tag the Engine would pull all of them.
        params={"fromImage": reference.name, "tag": reference.target},
        headers=credentials.header(auth),
        absent=errors.ImageNotFound,
    )
    tracker = pull_messages.Tracker(engine.stuck_after, now())
    report(Progress(str(reference), "resolving"))
    try:
        with engine.stream(call, _decide, wait=tracker.stuck_after) as incoming:
            _follow(incoming, tracker, what, now)
    except TimeoutError as error:
        raise errors.DeadlineExceeded(
            f"{what}: the Engine made no progress for {tracker.stuck_after:.0f} s "
            f"({tracker.describe()}); is the registry reachable?"
        ) from error
    _check_arrival(engine, image, what)
    report(Progress(str(reference), "done"))


def _follow(incoming: Incoming, tracker: Tracker, what: str, now: Callable[[], float]) -> None:
    lines = JsonLines()
    while data := incoming.read(tracker.patience(now())):
        for message in lines.feed(data):
            _fail_if_failed(message, tracker, what)
            progress = tracker.feed(message, now())
            if progress is not None:
                report(progress)
    if lines.inside:
        raise errors.Unavailable(f"{what}: the Engine ended its answer within a message")


def _fail_if_failed(message: pull_messages.Message, tracker: Tracker, what: str) -> None:
    failed = pull_messages.failure(message)
    if failed is not None:
        said, code = failed
        kind = pull_messages.kind_of_failure(code, unpacking=tracker.working_locally)
        raise kind(f"{what}: the Engine says: {said}{f' (code {code})' if code else ''}")


def _decide(refusal: Refusal) -> errors.Error:
    """What the Engine answers before it begins is mostly what the registry said.

    Engines up to 20.10 say 500 of a registry that wants credentials, too.
    """
    if refusal.status in (401, 403):
        return refusal.error(errors.Unauthenticated, "give (other) credentials")
    if refusal.status >= 500:
        advice = "is the registry reachable, and does it take these credentials?"
        return refusal.error(errors.RegistryUnavailable, advice)
    return refusal.error()


def _check_arrival(engine: Engine, image: str, what: str) -> None:
    try:
        inspect(engine, image)
    except errors.ImageNotFound as error:
        raise errors.Internal(f"{what}: the Engine says it's done, but hasn't got it") from error
