"""The error tree of gateway/storage, split by who can act; each names file and remedy. Pure."""


class StoreError(Exception):
    """Base of all that can go wrong between the gateway and its file."""

    remedy = "see the gateway's log"

    def __init__(self, path: object, detail: str, remedy: str | None = None) -> None:
        """`path` is the file, as text or as a path."""
        self.path = str(path)
        self.detail = detail
        if remedy is not None:
            self.remedy = remedy
        super().__init__(f"{path}: {detail}; {self.remedy}")


class StoreCorrupt(StoreError):  # noqa: N818 - this tree is named by what happened
    """The file is damaged, or is no store: refuse to start, for nothing may be lost silently."""

    remedy = (
        "put the newest backup in its place (it keeps this file aside): "
        "`storefloor restore --config SITE.toml --from BACKUP`"
    )


class StoreReadOnly(StoreError):  # noqa: N818 - as above
    """The folder, the file or the file system cannot be written."""

    remedy = "give the gateway's user write access to this folder and its files, or set gateway.data_dir"


class StoreFull(StoreError):  # noqa: N818 - as above
    """There is no space left: nothing of the commit was written."""

    remedy = "free space on this file system, or move gateway.data_dir to a larger one"


class StoreLocked(StoreError):  # noqa: N818 - as above
    """Another process holds the store."""

    remedy = "stop the other gateway, or give this one its own gateway.data_dir"


class BackupFailed(StoreError):  # noqa: N818 - as above
    """A backup could not be written; the store is as it was, and so is every earlier backup."""

    remedy = "give it room and write access there, or choose another place with --to; the gateway goes on"


class BackupUnusable(StoreError):  # noqa: N818 - as above
    """What should be restored is damaged, or is no backup: the store was not touched."""

    remedy = "take an older backup; nothing was changed"


class ImportRefused(StoreError):  # noqa: N818 - as above
    """What should be imported contradicts what is stored: its batch was not written."""

    remedy = "look at the file: two journals never share an id and a sequence"


class SchemaTooNew(StoreError):  # noqa: N818 - as above
    """A newer version of the gateway wrote the file."""

    remedy = "install that version again, or restore a backup made before the upgrade"


class SchemaTooOld(StoreError):  # noqa: N818 - as above
    """A tool met a store that only a starting gateway may migrate."""

    remedy = "start the gateway of this version once: it migrates the store"


class StoreFailed(StoreError):  # noqa: N818 - as above
    """The disk or the file system gave an error that is none of the above."""

    remedy = "look at the system's log (dmesg) for errors of this disk"


class StoreClosed(StoreError):  # noqa: N818 - as above
    """The store was asked after it was closed, as happens to a request during shutdown."""

    remedy = "start the gateway again"


class CommitRefused(StoreError):  # noqa: N818 - as above
    """Our bug: this commit contradicts what is stored, or bears a value that cannot be stored."""

    remedy = "report this: the commit itself is wrong, the file is not"


class CommitAbandoned(StoreError):  # noqa: N818 - as above
    """An earlier commit failed, on which this one may build: it was not tried. The cause is attached."""

    remedy = "mend the cause; the gateway goes on from what is on disk"


class EntriesLetGo(StoreError):  # noqa: N818 - as above
    """Entries of the journal that were asked for are older than what is kept. `first_seq`: the oldest kept."""

    remedy = "begin anew: take the levels as they are, and follow the journal from its last sequence"

    def __init__(self, path: object, store: str, seq: int, first_seq: int) -> None:
        """`seq` is the one after which entries were asked for."""
        self.first_seq = first_seq
        super().__init__(path, f"the journal of {store} after {seq} was let go: it begins at {first_seq}")


class PepperMissing(StoreError):  # noqa: N818 - as above
    """The secret under which API keys are hashed is gone or unusable: no key can be verified."""

    remedy = "restore this file from the backup, or revoke all keys and create new ones"
