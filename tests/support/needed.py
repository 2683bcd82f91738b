"""Programs that some tests need: found also where only root's PATH looks; skip, or fail, without them."""

import os
import shutil

import pytest

BESIDE_PATH = ("/usr/sbin", "/usr/local/sbin", "/sbin")
"""Debian installs daemons where only root's PATH looks."""


def found(command: str) -> str | None:
    """Return the path of a program, or None."""
    return shutil.which(command, path=os.pathsep.join([os.environ.get("PATH", ""), *BESIDE_PATH]))


def needs(command: str, package: str) -> str:
    """Return the path of a program; skip the test without it, or fail where nothing may skip."""
    path = found(command)
    if path is None:
        reason = f"{command} is not installed: apt-get install {package}"
        if os.environ.get("STOREFLOOR_REQUIRE_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
