"""What is so long ago that another place keeps it, when that place does not answer."""

import pytest

from gateway.ports.records import HistoryPoint, RecordsRefused
from tests.support.api_ports import FakeRecords, Floor

ONE = "/v1/stores/lyon-1/availability/DEN-501-32"
AGO = "2026-01-01T00:00:00Z"


class GoneRecords(FakeRecords):
    """Records whose old part is gone, or has too much."""

    def __init__(self, refused: RecordsRefused) -> None:
        super().__init__()
        self.refused = refused

    async def history(
        self, store: str, sku: str, from_ns: int, to_ns: int, step_ns: int, zone: str | None
    ) -> list[HistoryPoint]:
        """Refuse."""
        raise self.refused

    async def levels_at(self, store: str, sku: str, at_ns: int) -> dict[str, int]:
        """Refuse."""
        raise self.refused


@pytest.mark.parametrize("path", [f"{ONE}/history?from={AGO}&step=1d", f"{ONE}?as_of={AGO}"])
def test_a_place_of_old_records_that_is_gone_is_a_503_that_names_it(path: str) -> None:
    """With Retry-After; what stands on the floor now is answered as ever."""
    floor = Floor(records=GoneRecords(RecordsRefused("old_records_unavailable", "InfluxDB gives no answer.")))
    answer = floor.get(path)
    assert (answer.status_code, answer.json()["code"]) == (503, "old_records_unavailable")
    assert answer.json()["detail"] == "InfluxDB gives no answer."
    assert answer.headers["Retry-After"] == "10"
    assert floor.get(ONE).status_code == 200


def test_more_changes_than_an_answer_holds_is_the_askers_to_mend() -> None:
    """422, and no Retry-After: the same question has the same answer later."""
    answer = Floor(records=GoneRecords(RecordsRefused("too_many_changes", "too many"))).get(
        f"{ONE}/history?from={AGO}&step=1d"
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many_changes")
    assert "Retry-After" not in answer.headers
