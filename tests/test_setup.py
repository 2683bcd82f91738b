"""tools/setup.sh, run for real in a folder of its own, with a stand-in for Python that notes what it is asked.

The stand-in makes a .venv that holds itself and `installs` by writing a line, so that what the script
decides is seen in milliseconds and without a network.
"""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.source import ROOT

STAND_IN = """#!/bin/sh
echo "$*" >>"$ASKED"
case "$*" in
    -V) echo "Python 3.11.2" ;;
    "-c import ensurepip, venv") exit "${NO_VENV_MODULE:-0}" ;;
    "-m venv .venv") mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
    "-m pip install"*"--editable .") : >.venv/bin/storefloor && chmod +x .venv/bin/storefloor ;;
    "-m pip install --require-hashes"*) exit "${PIP_FAILS:-0}" ;;
esac
"""
NOT_ROOT = "#!/bin/sh\necho 1000\n"


class Folder:
    """A copy of what set-up needs, and the ways in which it is run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked = path.parent / "asked"
        self.tools = path.parent / "bin"
        for name in ("tools", "requirements"):
            shutil.copytree(ROOT / name, path / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "pyproject.toml", path)
        self.tools.mkdir()
        self._put("python3", STAND_IN)
        self._put("id", NOT_ROOT)
        self.environment = {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "PYTHON": "python3",
            "ASKED": str(self.asked),
        }

    def _put(self, name: str, text: str) -> None:
        (self.tools / name).write_text(text)
        (self.tools / name).chmod(0o755)

    def set_up(self, level: str = "demo", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run the script, and forget what was asked before."""
        self.asked.write_text("")
        return subprocess.run(
            ["sh", self.path / "tools" / "setup.sh", level],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )

    def pip_runs(self) -> list[str]:
        """Return what pip was asked to install in the last run."""
        return [line for line in self.asked.read_text().splitlines() if line.startswith("-m pip install")]

    def made_a_venv(self) -> bool:
        """Return whether the last run made .venv anew."""
        return "-m venv .venv" in self.asked.read_text()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return a fresh folder, not yet set up."""
    return Folder(tmp_path / "storefloor")


def test_set_up_installs_by_hash_and_then_storefloor_itself(folder: Folder) -> None:
    """Packages come by hash from the level's file; storefloor is built by the locked tools, without network."""
    assert folder.set_up().returncode == 0
    packages, storefloor = folder.pip_runs()
    assert packages.endswith("--require-hashes --requirement requirements/demo.txt")
    assert "--no-deps --no-build-isolation --editable ." in storefloor


def test_a_second_run_does_nothing(folder: Folder) -> None:
    """Once set up, nothing is made or installed again."""
    folder.set_up()
    assert folder.set_up().returncode == 0
    assert not folder.made_a_venv()
    assert folder.pip_runs() == []


def test_the_developers_level_serves_the_demo_too(folder: Folder) -> None:
    """After `dev` the demo needs nothing; after `demo` the developers' tools are added to the same .venv."""
    folder.set_up("demo")
    folder.set_up("dev")
    assert not folder.made_a_venv()
    assert len(folder.pip_runs()) == 2
    folder.set_up("demo")
    assert folder.pip_runs() == []


def test_new_requirements_are_installed_into_the_same_environment(folder: Folder) -> None:
    """A changed requirements file installs again, without making .venv anew."""
    folder.set_up()
    with (folder.path / "requirements" / "demo.txt").open("a") as file:
        file.write("more==1.0\n")
    folder.set_up()
    assert not folder.made_a_venv()
    assert len(folder.pip_runs()) == 2


def test_an_interrupted_run_is_started_afresh(folder: Folder) -> None:
    """What pip left half done is not trusted: the next run makes .venv anew, and ends well."""
    assert folder.set_up(PIP_FAILS="1").returncode == 1
    assert folder.set_up().returncode == 0
    assert folder.made_a_venv()
    folder.set_up()
    assert folder.pip_runs() == []


def test_a_moved_folder_is_set_up_afresh(folder: Folder) -> None:
    """A .venv holds its own path, so a folder that was moved gets a new one."""
    folder.set_up()
    folder.path = folder.path.rename(folder.path.parent / "moved")
    folder.set_up()
    assert folder.made_a_venv()


def test_a_missing_venv_module_is_named_with_its_remedy(folder: Folder) -> None:
    """A Python that cannot make a .venv, and is not the system's to mend, is named, and nothing is made."""
    result = folder.set_up(NO_VENV_MODULE="1")
    assert result.returncode == 1
    assert "python3 cannot make virtual environments" in result.stderr
    assert "PYTHON=/usr/bin/python3" in result.stderr
    assert not (folder.path / ".venv").exists()


def test_a_missing_python_is_named_with_its_remedy(folder: Folder) -> None:
    """Without a Python that is new enough, what was tried and what to install are named."""
    result = folder.set_up(PYTHON="/no/such/python3")
    assert result.returncode == 1
    assert "no Python 3.11 or newer was found (tried: /no/such/python3)" in result.stderr
    assert "apt-get install python3 python3-venv" in result.stderr


def test_an_unknown_level_is_refused(folder: Folder) -> None:
    """Only the two levels exist."""
    assert folder.set_up("everything").returncode == 2
