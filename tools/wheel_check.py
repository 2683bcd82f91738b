"""Build the wheel, install it far from here, and run its command there: what a user's machine does.

Run by `make wheel-check`. The wheel is built offline by the locked tools of .venv; its environment
gets the packages of requirements/run.txt, by hash, and nothing else. Ends with 0, or says what broke.
"""

import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("gateway", "readers", "api", "simulators", "config")
COMMAND_TIMEOUT_S = 60
INSTALL_TIMEOUT_S = 900


def run(command: Sequence[str | Path], cwd: Path, timeout_s: float = COMMAND_TIMEOUT_S) -> str:
    """Run `command` in `cwd`, and return what it printed; end the check where it fails."""
    shown = " ".join(str(word) for word in command)
    print(f"$ {shown}", flush=True)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(  # noqa: S603 - the commands below, all our own
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    if done.returncode != 0:
        sys.exit(f"{done.stdout}{done.stderr}\nwheel check failed: {shown} ended with {done.returncode}")
    return done.stdout


def build(into: Path) -> Path:
    """Build the wheel with the locked tools, without network."""
    run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", into, ROOT], into)
    [wheel] = into.glob("*.whl")
    return wheel


def check_contents(wheel: Path) -> None:
    """Refuse a wheel that lacks a file of our packages, or brings a stranger at the top level."""
    expected = {
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    if missing := sorted(expected - packed):
        sys.exit(f"wheel check failed: not in the wheel: {', '.join(missing)}")
    if strangers := {PurePosixPath(name).parts[0] for name in packed} - set(PACKAGES):
        sys.exit(f"wheel check failed: the wheel brings {', '.join(sorted(strangers))} at the top level")
    print(f"{wheel.name}: {len(packed)} files, {wheel.stat().st_size / 1024:.0f} KiB", flush=True)


def install(wheel: Path, folder: Path) -> Path:
    """Install the wheel and its locked dependencies into a fresh environment; return its bin folder."""
    run([sys.executable, "-m", "venv", folder], folder.parent, INSTALL_TIMEOUT_S)
    pip: list[str | Path] = [folder / "bin" / "python", "-m", "pip", "install", "--quiet"]
    locked = ROOT / "requirements" / "run.txt"
    run([*pip, "--require-hashes", "--requirement", locked], folder.parent, INSTALL_TIMEOUT_S)
    run([*pip, "--no-deps", wheel], folder.parent, INSTALL_TIMEOUT_S)
    run([folder / "bin" / "python", "-m", "pip", "check"], folder.parent)
    return folder / "bin"


def use(bin_folder: Path, cwd: Path) -> None:
    """Do what a new user does first, in a folder that knows nothing of the repository."""
    storefloor = bin_folder / "storefloor"
    print(run([storefloor, "--version"], cwd).strip())
    run([storefloor, "--help"], cwd)
    (cwd / "site.toml").write_text(run([storefloor, "config", "example"], cwd), "utf-8")
    print(run([storefloor, "config", "check", "site.toml"], cwd).strip())
    where = run([bin_folder / "python", "-c", "import gateway; print(gateway.__file__)"], cwd)
    if not Path(where.strip()).is_relative_to(bin_folder.parent):
        sys.exit(f"wheel check failed: the command ran {where.strip()}, not what the wheel brought")


def main() -> None:
    """Build, look inside, install elsewhere, use."""
    with tempfile.TemporaryDirectory(prefix="storefloor-wheel-") as name:
        elsewhere = Path(name).resolve()
        folders = [elsewhere / part for part in ("dist", "site")]
        for folder in folders:
            folder.mkdir()
        wheel = build(folders[0])
        check_contents(wheel)
        use(install(wheel, elsewhere / "environment"), folders[1])
    print("wheel check passed")


if __name__ == "__main__":
    main()
