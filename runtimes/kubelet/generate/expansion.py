"""``$(VAR)`` in env values, commands and arguments.

``$(NAME)`` becomes its value, or stays as it is when there is none; ``$$`` stands for one dollar
sign, so ``$$(NAME)`` is never expanded; any other dollar sign is itself.

Source: Kubernetes third_party/forked/golang/expansion.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPERATOR = re.compile(r"\$(?:(\$)|\(([^)]*)\))")


def expand(text: str, variables: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1]:
            return "$"
        return variables.get(match[2], match[0])

    return _OPERATOR.sub(value, text)


def missing(text: str, variables: Mapping[str, str]) -> tuple[str, ...]:
    """Name the variables that `expand` would leave as they are."""
    names = (match[2] for match in _OPERATOR.finditer(text) if not match[1])
    return tuple(name for name in names if name not in variables)
