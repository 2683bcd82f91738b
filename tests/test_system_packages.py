"""tools/system_packages.sh with a stand-in for apt-get: which packages it installs, and when it gives up."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.source import ROOT

NOTES = '#!/bin/sh\necho "$*" >>"$ASKED"\n'
PACKAGES = {"influxdb", "victoria-metrics", "strace"}
"""Those whose programs lie where the script does not look by itself: they are missing from a bare PATH."""


class Machine:
    """A machine with nothing on its PATH but what a test puts there."""

    def __init__(self, folder: Path) -> None:
        self.asked = folder / "asked"
        self.asked.write_text("")
        self.tools = folder / "bin"
        self.tools.mkdir()
        self.put("apt-get", NOTES)
        for real in ("sh", "env"):
            (self.tools / real).symlink_to(shutil.which(real) or real)

    def put(self, name: str, text: str) -> None:
        """Put a program on its PATH."""
        (self.tools / name).write_text(text)
        (self.tools / name).chmod(0o755)

    def run(self, user_id: int, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script as this user."""
        self.put("id", f"#!/bin/sh\necho {user_id}\n")
        kept = {
            name: value for name, value in os.environ.items() if name not in ("CI", "STOREFLOOR_REQUIRE_ALL")
        }
        return subprocess.run(
            [self.tools / "sh", ROOT / "tools" / "system_packages.sh"],
            env={**kept, "PATH": str(self.tools), "ASKED": str(self.asked), **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )

    def installed(self) -> set[str]:
        """Return the packages that apt-get was asked to install."""
        return {
            word for line in self.asked.read_text().splitlines() for word in line.split() if word[0] != "-"
        }


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Return a machine that has none of the packages."""
    return Machine(tmp_path)


def test_root_has_all_of_them_installed(machine: Machine) -> None:
    """The servers of the tests among them."""
    assert machine.run(0).returncode == 0
    assert machine.installed() >= PACKAGES | {"install"}


def test_in_ci_whoever_may_become_root_has_them_installed(machine: Machine) -> None:
    """By sudo, without a question."""
    machine.put("sudo", '#!/bin/sh\n[ "$1" = -n ] && shift\nexec "$@"\n')
    machine.put("true", "#!/bin/sh\n")
    assert machine.run(1000, CI="true").returncode == 0
    assert machine.installed() >= PACKAGES


def test_elsewhere_nothing_is_installed_and_the_command_is_told(machine: Machine) -> None:
    """Tests will skip: that is said, and is no failure, unless nothing may skip."""
    told = machine.run(1000)
    assert told.returncode == 0
    assert all(package in told.stdout for package in PACKAGES)
    assert machine.run(1000, STOREFLOOR_REQUIRE_ALL="1").returncode == 1
    assert machine.installed() == set()
