"""A writer in memory for tests of what waits for it: it commits when told to, and refuses as scripted. Pure."""

import asyncio
from collections.abc import Iterable

from gateway.movements import JournalEntry
from gateway.storage.ports import AppliedEvent, Commit, Committed


class ScriptedWriter:
    """Implements the pipeline's CommitPort and EventLog. `refusals` are raised first, one per try."""

    def __init__(self, refusals: Iterable[Exception] = ()) -> None:
        self.commits: list[Commit] = []
        self.tries: list[Commit] = []
        self.refusals = list(refusals)
        self.open = asyncio.Event()
        self.open.set()

    def hold(self) -> None:
        """Let commits wait until `open` is set."""
        self.open.clear()

    async def commit(self, commit: Commit) -> Committed:
        """Return once it is on disk, as it were."""
        self.tries.append(commit)
        await self.open.wait()
        if self.refusals:
            raise self.refusals.pop(0)
        self.commits.append(commit)
        entries = tuple(JournalEntry("abc", n, movement) for n, movement in enumerate(commit.movements, 1))
        return Committed(entries, len(self.commits))

    def applied_event(self, source: str, event_id: str) -> AppliedEvent | None:
        """Return the event if a commit holds it."""
        for commit in self.commits:
            for event in commit.applied:
                if (event.source, event.event_id) == (source, event_id):
                    return event
        return None
