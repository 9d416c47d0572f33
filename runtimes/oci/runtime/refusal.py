"""What a runtime says when it can't run a program, as an error of ours.

The runtimes have no codes: whether the program or the engine is to blame stands in their text
alone. A wrong guess changes the class of the error, never its message.
"""

from __future__ import annotations

import re

from runtimes.core import errors

_LOG_LINE = re.compile(r'time="[^"]*" level=\w+ msg="((?:[^"\\]|\\.)*)"')
_NO_PROGRAM = ("executable file", "no such file or directory", "permission denied", "exec format")


def refusal(action: str, message: str) -> errors.Error:
    """The error for `message`, told while trying `action`. Pure."""
    message = _said(message)
    text = f"{action}: {message}"
    lowered = message.lower()
    if "exec" in lowered and any(words in lowered for words in _NO_PROGRAM):
        return errors.InvalidArgument(f"{text}; is the command in the image?")
    return errors.Internal(text)


def _said(message: str) -> str:
    """Take runc's words out of its log lines."""
    return _LOG_LINE.sub(lambda line: re.sub(r"\\(.)", r"\1", line[1]), message)
