"""The formats that a message on a broker is tried by, in order: the first of equals wins. Pure wiring."""

from collections.abc import Mapping

from readers.describe import mapping
from readers.describe.events import EventDescriber
from readers.describe.registry import PAYLOAD_KINDS
from readers.settings import DeviceMapping


def all_formats(mappings: Mapping[str, DeviceMapping]) -> dict[str, EventDescriber]:
    """Return the kinds, those with topics of their own last, and the mappings behind them."""
    kinds = sorted(PAYLOAD_KINDS, key=lambda name: (PAYLOAD_KINDS[name].describe.kind.has_own_topics, name))
    own = {name: PAYLOAD_KINDS[name].describe for name in kinds}
    return own | {name: mapping.describer(mappings[name]) for name in sorted(mappings) if name not in own}
