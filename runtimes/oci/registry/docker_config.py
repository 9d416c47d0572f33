"""Credentials of `docker login`: ``config.json`` and the helper programs that it names.

Security: helpers are run without a shell, by names that can't be paths; secrets go through pipes.

Source: docker/cli config.json; docker-credential-helpers' `get` protocol.
"""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, cast

from runtimes.core import deadline, errors
from runtimes.oci.registry.credentials import NONE, Credentials, canonical_host, split_basic

if TYPE_CHECKING:
    from runtimes.core.image_ref import ImageRef

logger = logging.getLogger(__name__)

_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HELPER_TIMEOUT = 30.0
_TOKEN_USER = "<token>"  # noqa: S105 -- Docker's mark for an identity token, no secret
_DOCKER_HUB_KEY = "https://index.docker.io/v1/"
_API_PATHS = ("v1", "v2")


def default_path() -> Path:
    """Return where Docker keeps its configuration."""
    folder = os.environ.get("DOCKER_CONFIG") or "~/.docker"
    return Path(folder).expanduser() / "config.json"


def find(reference: ImageRef, path: Path) -> Credentials:
    """Look up the credentials for an image; none where there are none, or nothing can be read.

    A helper for the registry comes first, then the default helper, then what the file itself
    holds; there, an entry for a part of the registry beats one for all of it.
    """
    config = _read(path)
    helper = _helper_of(config, reference.registry)
    if helper:
        found = _ask(helper, _server(reference.registry))
        if found:
            return found
    return _from_auths(config.get("auths"), reference)


def _read(path: Path) -> dict[str, object]:
    try:
        raw = json.loads(path.read_bytes())
    except OSError:
        return {}
    except ValueError as error:
        logger.warning("credentials ignored path=%s error=%s", path, error)
        return {}
    return raw if isinstance(raw, dict) else {}


def _helper_of(config: dict[str, object], registry: str) -> str:
    helpers = config.get("credHelpers")
    chosen: object = None
    if isinstance(helpers, dict):
        wanted = canonical_host(registry)
        chosen = next((v for key, v in helpers.items() if canonical_host(key) == wanted), None)
    chosen = chosen or config.get("credsStore")
    if not isinstance(chosen, str) or not _HELPER.fullmatch(chosen):
        return ""
    return f"docker-credential-{chosen}"


def _server(registry: str) -> str:
    return _DOCKER_HUB_KEY if canonical_host(registry) == "docker.io" else registry


def _ask(helper: str, server: str) -> Credentials:
    """Run a helper; it says on its output that it has nothing, and exits with 1."""
    try:
        done = subprocess.run(
            [helper, "get"],
            input=server.encode(),
            capture_output=True,
            timeout=deadline.remaining(_HELPER_TIMEOUT),
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        logger.warning("credential helper failed helper=%s error=%s", helper, error)
        return NONE
    if done.returncode:
        reason = done.stdout.decode(errors="replace").strip()[:200]
        if "credentials not found" not in reason:
            logger.warning("credential helper failed helper=%s error=%s", helper, reason)
        return NONE
    return _helper_answer(helper, done.stdout)


def _helper_answer(helper: str, output: bytes) -> Credentials:
    try:
        raw = json.loads(output)
        username, secret = str(raw["Username"]), str(raw["Secret"])
    except (ValueError, KeyError, TypeError):
        logger.warning("credential helper's answer makes no sense helper=%s", helper)
        return NONE
    if username == _TOKEN_USER:
        return Credentials(identity_token=secret)
    return Credentials(username, secret)


def _from_auths(auths: object, reference: ImageRef) -> Credentials:
    if not isinstance(auths, dict):
        return NONE
    fitting = [(len(_path(key)), entry) for key, entry in auths.items() if _covers(key, reference)]
    for _, entry in sorted(fitting, key=lambda pair: pair[0], reverse=True):
        found = _entry(entry)
        if found:
            return found
    return NONE


def _path(key: str) -> str:
    rest = key.partition("://")[2] or key
    path = rest.partition("/")[2].strip("/")
    return "" if path in _API_PATHS else path


def _covers(key: str, reference: ImageRef) -> bool:
    if canonical_host(key) != canonical_host(reference.registry):
        return False
    path = _path(key)
    return not path or f"{reference.repository}/".startswith(f"{path}/")


def _entry(raw: object) -> Credentials:
    if not isinstance(raw, dict):
        return NONE
    entry = cast("dict[str, object]", raw)
    username, password = _text(entry.get("username")), _text(entry.get("password"))
    if not username and _text(entry.get("auth")):
        try:
            username, password = split_basic(_text(entry.get("auth")))
        except errors.InvalidArgument as error:
            logger.warning("credentials ignored error=%s", error)
    return Credentials(
        username,
        password,
        _text(entry.get("identitytoken")),
        _text(entry.get("registrytoken")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
