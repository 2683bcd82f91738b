"""`storefloor influx`: what waits, whether the server is there, and telling it again."""

from pathlib import Path

import pytest

from gateway.cli import main
from gateway.cli.influx_settings import influx_settings
from gateway.config.file import parse_site
from gateway.errors import ConfigError
from gateway.movements import LevelPoint
from gateway.storage.influx.lines import LineEncoder
from gateway.storage.ports import Commit, RefusedLine, Settlement
from gateway.storage.sqlite import SqliteStore
from tests.support.influx_server import InfluxServer
from tests.support.victoria_server import VictoriaServer

SITE = """
[[stores]]
id = "lyon-1"
name = "Lyon"
zones = [{ id = "front", role = "floor" }]
"""
INFLUXDB = '[influxdb]\nurl = "http://127.0.0.1:1"\nbucket = "stock"\n'


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with an InfluxDB that is not there, and a store with something that waits for it."""
    path = tmp_path / "site.toml"
    path.write_text(INFLUXDB + SITE, "utf-8")
    folder = tmp_path / "var" / "storefloor"
    store = SqliteStore.open(folder / "storefloor.db", synchronous="OFF", encoder=LineEncoder())
    at_ns = 1_767_261_600 * 10**9
    store.commit(Commit(at_ns, levels=[LevelPoint("lyon-1", "TEE", "front", at_ns, 1)]))
    store.settle_outbox(Settlement(refused=(RefusedLine(at_ns, "invalid number", b"stock,sku=BAD"),)))
    store.close()
    return path


def test_status_tells_what_waits_and_what_was_refused(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Points, bytes and age of the outbox; lines that were set aside, with the server's words."""
    assert main(["influx", "status", str(site)]) == 0
    said = capsys.readouterr().out
    assert "waiting:   1 point(s)" in said
    assert "2026-01-01 10:00:00Z" in said
    assert "set aside: 1 line(s)" in said
    assert "'stock,sku=BAD': invalid number" in said


def test_backfill_asks_for_times(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The times that a person names stand among those that are to be told."""
    times = ["--from", "2026-01-01", "--to", "2026-01-02T12:00+01:00"]
    assert main(["influx", "backfill", str(site), *times]) == 0
    assert main(["influx", "status", str(site)]) == 0
    assert "2026-01-01 00:00:00Z to 2026-01-02 11:00:00Z (asked): not begun" in capsys.readouterr().out
    assert main(["influx", "backfill", str(site), "--from", "2026-01-02", "--to", "2026-01-01"]) == 2
    with pytest.raises(SystemExit):
        main(["influx", "backfill", str(site), "--from", "yesterday"])


def test_check_says_what_is_wrong(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody there: told in words, and as the exit code."""
    assert main(["influx", "check", str(site)]) == 1
    assert "http://127.0.0.1:1: cannot be reached" in capsys.readouterr().err


def test_check_says_that_all_is_well(
    site: Path, influx: InfluxServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """A real server takes a line; one that knows no such database names the remedy."""
    database = influx.new_database()
    text = INFLUXDB.replace("http://127.0.0.1:1", influx.url)
    site.write_text(text.replace('"stock"', f'"{database}"') + SITE, "utf-8")
    assert main(["influx", "check", str(site)]) == 0
    assert "took a line" in capsys.readouterr().out
    assert influx.query(database, "SELECT checked FROM outbox")[0]["checked"] == 1
    site.write_text(text.replace('"stock"', '"nowhere"') + SITE, "utf-8")
    assert main(["influx", "check", str(site)]) == 1
    assert "influxdb.bucket" in capsys.readouterr().err


def test_check_asks_where_history_is_to_be_read(
    site: Path, influx: InfluxServer, victoria: VictoriaServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """With read_history a server must answer questions too; one that takes lines alone is told of."""
    reading = INFLUXDB + "read_history = true\n"
    text = reading.replace("http://127.0.0.1:1", influx.url).replace('"stock"', f'"{influx.new_database()}"')
    site.write_text(text + SITE, "utf-8")
    assert main(["influx", "check", str(site)]) == 0
    assert "answers what is asked" in capsys.readouterr().out
    site.write_text(reading.replace("http://127.0.0.1:1", victoria.url) + SITE, "utf-8")
    assert main(["influx", "check", str(site)]) == 1
    told = capsys.readouterr()
    assert "took a line" in told.out
    assert "read_history" in told.err


def test_without_the_table_it_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command names what is missing."""
    (tmp_path / "site.toml").write_text(SITE, "utf-8")
    assert main(["influx", "status", str(tmp_path / "site.toml")]) == 2
    assert "no table [influxdb]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ('url = "influx.lan:8086"\nbucket = "b"', "influxdb.url: 'influx.lan:8086' must be http:// or https://"),
        ('url = "http://user:pass@influx.lan"\nbucket = "b"', "influxdb.url: it must bear no user and no password"),
        ('url = "http://influx.lan"', "influxdb.bucket: this key is required"),
        ('url = "http://influx.lan"\nbucket = "b"\ntoken = "secret"', "unknown key influxdb.token: did you mean 'token_file'?"),
        ('url = "http://influx.lan"\nbucket = "b"\nusername = "u"', "username needs token_file"),
        ('url = "http://influx.lan"\nbucket = "b"\nflush_s = 0', "influxdb.flush_s"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_refused_by_key_and_remedy(table: str, named: str) -> None:
    """Before anything is started, without touching the network."""
    with pytest.raises(ConfigError) as error:
        parse_site(f"[influxdb]\n{table}\n{SITE}", "site.toml")
    assert named in str(error.value)
    assert "user:pass" not in str(error.value)


@pytest.mark.parametrize(
    ("content", "token", "problem"),
    [
        (b"t0ken\n", "t0ken", ""),
        (b" t0ken \r\nsecond line\n", "t0ken", ""),
        (b"", "", "is empty"),
        (b"\n", "", "is empty"),
        ("schlüssel".encode(), "", "printable ASCII"),
        (b"a\x00b", "", "printable ASCII"),
    ],
)
def test_the_secret_is_the_first_line_of_its_file(
    tmp_path: Path, content: bytes, token: str, problem: str
) -> None:
    """A file that cannot be one is refused without being quoted."""
    (tmp_path / "t").write_bytes(content)
    table = '[influxdb]\nurl = "http://x"\nbucket = "b"\ntoken_file = "t"\n'
    section = parse_site(table + SITE, "site.toml").influxdb
    assert section is not None
    if problem:
        with pytest.raises(ConfigError, match=problem) as error:
            influx_settings(section, tmp_path)
        assert "schl" not in str(error.value)
    else:
        assert influx_settings(section, tmp_path).token == token
        assert token not in repr(influx_settings(section, tmp_path))


def test_a_user_and_a_password_become_one_token(tmp_path: Path) -> None:
    """InfluxDB 1.8 takes user:password; a file that is not there is named."""
    table = (
        '[influxdb]\nurl = "http://x/"\nbucket = "b"\nusername = "shop"\ntoken_file = "p"\nca_file = "c"\n'
    )
    section = parse_site(table + SITE, "site.toml").influxdb
    assert section is not None
    with pytest.raises(ConfigError, match=r"influxdb\.token_file: .*p cannot be read"):
        influx_settings(section, tmp_path)
    (tmp_path / "p").write_text("s3cret\n")
    with pytest.raises(ConfigError, match=r"influxdb\.ca_file: .*c is no file"):
        influx_settings(section, tmp_path)
    (tmp_path / "c").write_text("")
    settings = influx_settings(section, tmp_path)
    assert (settings.token, settings.url) == ("shop:s3cret", "http://x")
