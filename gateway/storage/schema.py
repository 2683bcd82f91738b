"""The tables of the embedded store, as a list of migrations. Pure text.

A released migration is never edited: a change of tables is one more entry at the end. The file's
`user_version` says how many of them it has; `application_id` says that it is ours.

    series ─┬─ levels          every change of a level, clustered by (series, time)
            ├─ latest          the newest of them
            ├─ hourly          what happened within each hour that has a change
            └─ daily           the same of days; a series with zone '' is the sum of an article's zones
    journals ── movements      (journal, store, seq): seq is contiguous per journal and store
             └─ pruned, opening  how far movements were let go, and what they added up to
    audit            who changed what
    staff ─┬─ staff_links, staff_sessions   how people sign in to the page, and where they are signed in
           └─ staff_failures                how often a PIN was wrong of late
    kpis             what each day of a store added up to
    state · applied · alerts · alert_outbox · dead_letters · api_keys · counters
"""

APPLICATION_ID = 0x53464C52
"""'SFLR': tells a store from any other SQLite file."""
BACKUP_APPLICATION_ID = 0x53464C42
"""'SFLB': a backup of a store, which no gateway starts on by mistake."""

_FIRST = (
    """CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE journals (
        number INTEGER PRIMARY KEY, journal_id TEXT NOT NULL UNIQUE
    ) STRICT""",
    """CREATE TABLE movements (
        journal INTEGER NOT NULL, store TEXT NOT NULL, seq INTEGER NOT NULL,
        kind TEXT NOT NULL, cause TEXT NOT NULL, sku TEXT NOT NULL,
        at_ns INTEGER NOT NULL, recorded_ns INTEGER NOT NULL, pieces INTEGER NOT NULL,
        epc TEXT, from_zone TEXT, to_zone TEXT, deltas TEXT NOT NULL, ref TEXT, note TEXT NOT NULL,
        PRIMARY KEY (journal, store, seq)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE series (
        id INTEGER PRIMARY KEY, store TEXT NOT NULL, sku TEXT NOT NULL, zone TEXT NOT NULL,
        UNIQUE (store, sku, zone)
    ) STRICT""",
    """CREATE TABLE levels (
        series INTEGER NOT NULL, at_ns INTEGER NOT NULL, pieces INTEGER NOT NULL,
        PRIMARY KEY (series, at_ns)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE latest (
        series INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, pieces INTEGER NOT NULL
    ) STRICT""",
    # piece_ns is REAL: exact for up to 2,500 pieces (2^53 / one hour in ns), and no overflow beyond
    """CREATE TABLE hourly (
        series INTEGER NOT NULL, hour_ns INTEGER NOT NULL, minimum INTEGER NOT NULL,
        maximum INTEGER NOT NULL, piece_ns REAL NOT NULL, last INTEGER NOT NULL,
        PRIMARY KEY (series, hour_ns)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE state (
        part TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (part, key)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE applied (
        id INTEGER PRIMARY KEY, source TEXT NOT NULL, event_id TEXT NOT NULL, digest TEXT NOT NULL,
        at_ns INTEGER NOT NULL, result TEXT NOT NULL, recorded_ns INTEGER NOT NULL,
        UNIQUE (source, event_id)
    ) STRICT""",
    """CREATE INDEX applied_recorded ON applied (recorded_ns)""",
    """CREATE TABLE alerts (
        id TEXT PRIMARY KEY, store TEXT NOT NULL, type TEXT NOT NULL, state TEXT NOT NULL,
        since_ns INTEGER NOT NULL, record TEXT NOT NULL
    ) STRICT""",
    """CREATE INDEX alerts_since ON alerts (since_ns, id)""",
    """CREATE TABLE alert_outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, record TEXT NOT NULL) STRICT""",
    """CREATE TABLE dead_letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT NOT NULL, reason TEXT NOT NULL,
        detail TEXT NOT NULL, sample BLOB NOT NULL, at_ns INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE api_keys (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, hash TEXT NOT NULL, scopes TEXT NOT NULL,
        stores TEXT NOT NULL, created_at_ns INTEGER NOT NULL, revoked_at_ns INTEGER
    ) STRICT""",
)

_RETENTION = (
    """CREATE TABLE daily (
        series INTEGER NOT NULL, day_ns INTEGER NOT NULL, minimum INTEGER NOT NULL,
        maximum INTEGER NOT NULL, piece_ns REAL NOT NULL, last INTEGER NOT NULL,
        PRIMARY KEY (series, day_ns)
    ) STRICT, WITHOUT ROWID""",
    # rows of a table older than from_ns may be gone: answers do not rest on them any more
    """CREATE TABLE kept (name TEXT PRIMARY KEY, from_ns INTEGER NOT NULL) STRICT, WITHOUT ROWID""",
    """CREATE TABLE pruned (
        journal INTEGER NOT NULL, store TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (journal, store)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE opening (
        journal INTEGER NOT NULL, store TEXT NOT NULL, sku TEXT NOT NULL, zone TEXT NOT NULL,
        pieces INTEGER NOT NULL, PRIMARY KEY (journal, store, sku, zone)
    ) STRICT, WITHOUT ROWID""",
)
"""Daily rollups, how far each table was let go, and what the movements let go added up to."""

_OUTBOX = (
    # ids come from last_id of the totals, which a commit writes anyhow: AUTOINCREMENT would cost it a page more
    """CREATE TABLE outbox (
        id INTEGER PRIMARY KEY, points INTEGER NOT NULL, at_ns INTEGER NOT NULL,
        oldest_ns INTEGER NOT NULL, body BLOB NOT NULL
    ) STRICT""",
    # one row: what stands in outbox, the last commit told there, and what went without being delivered
    """CREATE TABLE outbox_totals (
        one INTEGER PRIMARY KEY CHECK (one = 1), points INTEGER NOT NULL, bytes INTEGER NOT NULL,
        version INTEGER NOT NULL, at_ns INTEGER NOT NULL, let_go INTEGER NOT NULL, refused INTEGER NOT NULL,
        last_id INTEGER NOT NULL
    ) STRICT""",
    """INSERT INTO outbox_totals VALUES (1, 0, 0, 0, 0, 0, 0, 0)""",
    # times that were not told, to be told from levels, movements and alerts; cursor: how far that is
    """CREATE TABLE outbox_gaps (
        id INTEGER PRIMARY KEY AUTOINCREMENT, reason TEXT NOT NULL, from_ns INTEGER NOT NULL,
        to_ns INTEGER NOT NULL, points INTEGER NOT NULL, cursor TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE outbox_refused (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at_ns INTEGER NOT NULL, reason TEXT NOT NULL, line BLOB NOT NULL
    ) STRICT""",
)
"""What waits for a time-series server, what it was not told yet, and what it would not have."""

_SNAPSHOTS: tuple[str, ...] = (
    """CREATE TABLE snapshots (
        part TEXT NOT NULL, prefix TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (part, prefix)
    ) STRICT""",
)
"""The engine's state as of an instant, for a quick start."""

_RESERVATIONS: tuple[str, ...] = (
    """CREATE TABLE reservations (
        id TEXT PRIMARY KEY, store TEXT NOT NULL, state TEXT NOT NULL, owner_ref TEXT,
        created_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL, closed_ns INTEGER, record TEXT NOT NULL
    ) STRICT""",
    """CREATE INDEX reservations_created ON reservations (created_ns, id)""",
    """CREATE INDEX reservations_open ON reservations (expires_ns) WHERE closed_ns IS NULL""",
    """CREATE INDEX reservations_closed ON reservations (closed_ns) WHERE closed_ns IS NOT NULL""",
    """CREATE INDEX reservations_owned ON reservations (owner_ref, created_ns) WHERE owner_ref IS NOT NULL""",
    """CREATE TABLE idempotency (
        id INTEGER PRIMARY KEY, source TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL,
        at_ns INTEGER NOT NULL, result TEXT NOT NULL, UNIQUE (source, key)
    ) STRICT""",
    """CREATE INDEX idempotency_at ON idempotency (at_ns)""",
)
"""Pieces that are promised."""

_CHANGES = (
    """CREATE TABLE changes (
        store TEXT NOT NULL, seq INTEGER NOT NULL, at_ns INTEGER NOT NULL, type TEXT NOT NULL,
        subject TEXT NOT NULL, PRIMARY KEY (store, seq)
    ) STRICT, WITHOUT ROWID""",
)
"""What reads differently now, for those who follow."""

_WEBHOOKS = (
    """CREATE TABLE webhook_endpoints (
        id TEXT PRIMARY KEY, url TEXT NOT NULL, types TEXT NOT NULL, stores TEXT NOT NULL,
        description TEXT NOT NULL, created_ns INTEGER NOT NULL, generation INTEGER NOT NULL,
        rotated_ns INTEGER, disabled_reason TEXT NOT NULL
    ) STRICT""",
    """CREATE TABLE webhook_positions (
        endpoint TEXT NOT NULL, store TEXT NOT NULL, journal_id TEXT NOT NULL, seq INTEGER NOT NULL,
        told INTEGER NOT NULL, PRIMARY KEY (endpoint, store)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE webhook_deliveries (
        id INTEGER PRIMARY KEY AUTOINCREMENT, endpoint TEXT NOT NULL, message_id TEXT NOT NULL,
        type TEXT NOT NULL, at_ns INTEGER NOT NULL, tries INTEGER NOT NULL, status INTEGER,
        reason TEXT NOT NULL, took_ms INTEGER NOT NULL, bytes INTEGER NOT NULL
    ) STRICT""",
    """CREATE INDEX webhook_deliveries_of ON webhook_deliveries (endpoint, id)""",
)
"""Who is told of changes, how far, and what became of it."""

_SECOND = (*_RETENTION, *_OUTBOX, *_SNAPSHOTS, *_RESERVATIONS, *_CHANGES, *_WEBHOOKS)

_AUDIT = (
    """CREATE TABLE audit (
        id INTEGER PRIMARY KEY, at_ns INTEGER NOT NULL, key_id TEXT NOT NULL, address TEXT NOT NULL,
        action TEXT NOT NULL, store TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL
    ) STRICT""",
    """CREATE INDEX audit_at ON audit (at_ns)""",
)
"""Who changed what, when and from where."""

_KPIS = (
    # kind 0: the whole store (its department is ''), 1: a department; day: days since 0001-01-01, in the store's zone
    """CREATE TABLE kpis (
        store TEXT NOT NULL, kind INTEGER NOT NULL, day INTEGER NOT NULL, department TEXT NOT NULL,
        record TEXT NOT NULL, PRIMARY KEY (store, kind, day, department)
    ) STRICT, WITHOUT ROWID""",
)
"""What each day of a store added up to."""

_COUNTING = (
    """CREATE INDEX movements_adjusted ON movements (journal, store, seq) WHERE cause = 'adjustment'""",
)
"""What people corrected, to be listed without a look through all that moved."""

_NOTICES = (
    # given_up: why it will never be told; NULL while it waits
    """CREATE TABLE notices (
        id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, notice TEXT NOT NULL, at_ns INTEGER NOT NULL,
        tries INTEGER NOT NULL, given_up TEXT, record TEXT NOT NULL, UNIQUE (target, notice)
    ) STRICT""",
    """CREATE INDEX notices_waiting ON notices (target, id) WHERE given_up IS NULL""",
    """CREATE TABLE notice_tries (
        id INTEGER PRIMARY KEY AUTOINCREMENT, target TEXT NOT NULL, notice TEXT NOT NULL, kind TEXT NOT NULL,
        at_ns INTEGER NOT NULL, tries INTEGER NOT NULL, outcome TEXT NOT NULL, status INTEGER,
        reason TEXT NOT NULL, took_ms INTEGER NOT NULL
    ) STRICT""",
    """CREATE INDEX notice_tries_of ON notice_tries (target, id)""",
)
"""What people are to be told by mail or chat, and what became of it."""

_THIRD = (*_AUDIT, *_KPIS, *_COUNTING, *_NOTICES)

_STAFF = (
    # people, and devices with a sign-in of their own; a removed one keeps its row without its name
    """CREATE TABLE staff (
        id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, stores TEXT NOT NULL, pin TEXT,
        created_ns INTEGER NOT NULL, removed_ns INTEGER
    ) STRICT""",
    """CREATE TABLE staff_links (
        digest TEXT PRIMARY KEY, staff TEXT NOT NULL, expires_ns INTEGER NOT NULL
    ) STRICT""",
    # kind: session (who acts now) or device (where people may sign in); device: the one it was opened on, or ''
    """CREATE TABLE staff_sessions (
        digest TEXT PRIMARY KEY, kind TEXT NOT NULL, staff TEXT NOT NULL, device TEXT NOT NULL,
        opened_ns INTEGER NOT NULL, used_ns INTEGER NOT NULL, idle_ns INTEGER NOT NULL, ends_ns INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE staff_failures (
        who TEXT PRIMARY KEY, level REAL NOT NULL, at_ns INTEGER NOT NULL
    ) STRICT""",
)
"""Who works here, on which devices, and who mistyped how often."""

_FOURTH = _STAFF

MIGRATIONS: tuple[tuple[str, ...], ...] = (_FIRST, _SECOND, _THIRD, _FOURTH)
"""Entry i brings a file from version i to i + 1; its statements run in one transaction."""

SCHEMA_VERSION = len(MIGRATIONS)
