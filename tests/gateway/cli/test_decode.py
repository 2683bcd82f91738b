"""`storefloor decode` as it is called: input, output, exit codes."""

import contextlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TAG = "BB02220011D53000E20010710000529B0940B402EB980C7E"
STOREFLOOR = [sys.executable, "-c", "from gateway.cli import main; raise SystemExit(main())"]


def decode(*arguments: str, given: bytes = b"") -> tuple[int, list[dict[str, Any]], str]:
    """Run the command; return its exit code, its lines, and what it says to people."""
    done = subprocess.run(
        [*STOREFLOOR, "decode", *arguments], check=False, input=given, capture_output=True, timeout=200
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def test_raw_bytes_from_a_file_and_from_a_pipe(tmp_path: Path) -> None:
    """A capture is read from a file, or from standard input; both tell the same."""
    capture = tmp_path / "capture.bin"
    capture.write_bytes(bytes.fromhex(TAG))
    from_file, from_pipe = (
        decode("--kind", "m100", str(capture)),
        decode("--kind", "m100", given=bytes.fromhex(TAG)),
    )
    assert from_file == from_pipe
    assert from_file[:2] == (
        0,
        [
            {
                "kind": "read",
                "epc": "E20010710000529B0940B402",
                "rssi_dbm": -43,
                "rssi_raw": 213,
                "pc": "3000",
                "epc_crc": "EB98",
            }
        ],
    )


def test_everything_refused_is_exit_1() -> None:
    """Where nothing could be read the exit code is 1, and each refused line bears its bytes."""
    code, lines, _ = decode("--kind", "m100", "--hex", given=b"BB006500040000FF70677E")
    assert (code, lines) == (1, [{"dropped": "checksum", "bytes": "BB006500040000FF70677E"}])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--kind", "nokia"], "nokia"),
        (["--kind", "m100", "no/such/file"], "no/such/file"),
        (["--kind", "m100", "--topic", "a/b"], "--topic"),
        ([], "--kind"),
    ],
)
def test_wrong_use_is_exit_2(arguments: list[str], named: str) -> None:
    """Wrong use is told in words that name what is wrong, without a traceback."""
    code, lines, said = decode(*arguments)
    assert (code, lines) == (2, [])
    assert named in said
    assert "Traceback" not in said


def test_a_reader_that_has_enough_is_no_error() -> None:
    """`| head` closes the pipe: the command ends quietly."""
    pipe = [*STOREFLOOR, "decode", "--kind", "m100", "--hex"]
    with subprocess.Popen(
        pipe, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write("\n".join([TAG] * 20_000).encode())
            process.stdin.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
