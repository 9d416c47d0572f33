"""Credentials, as the CRI gives them and as the Engine takes them."""

from __future__ import annotations

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.dockershim.image import auth


def test_credentials_in_one_string_are_taken_apart() -> None:
    given = cri.AuthConfig(auth="dXNlcjpwYXNz", server_address="r")

    assert auth.credentials(given) == {
        "username": "user",
        "password": "pass",
        "serveraddress": "r",
    }
    with pytest.raises(errors.InvalidArgument):
        auth.credentials(cri.AuthConfig(auth="%%"))
