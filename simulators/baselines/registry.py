"""The baselines by name, with the choice of their parameters, and the curve of each. Pure.

Tuned fairly means: a peer's default and its documented alternative are both run as published, and beside
them each rule that has a knob between speed and error is run over the whole range of it (`variants`), so
that a report can draw its curve of delay against false departures and read off any point. No parameter of
a peer is set worse than its own documents have it. `smurf-tuned` is the one that is chosen by us:
tuned_delta.py says how.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

from simulators.baselines import edgex, rsp
from simulators.baselines.edgex_shop import EdgexShop
from simulators.baselines.fixed_window import FixedWindow
from simulators.baselines.ledger import Ledger
from simulators.baselines.observed import Baseline, ShopSetup
from simulators.baselines.rsp_shop import RspShop
from simulators.baselines.smurf import Smurf

Factory = Callable[[ShopSetup], Baseline]

FIXED_WINDOWS_EPOCHS = (5, 25, 120, 720)
SMURF_PAPER_DELTA = 0.05
SMURF_TUNED_DELTA = 1e-12


@dataclass(frozen=True, slots=True)
class Variant:
    """One point of a curve: a baseline with its knob at `value`."""

    curve: str
    knob: str
    value: float
    make: Factory


def _fixed(window_epochs: int) -> Factory:
    return partial(FixedWindow, window_epochs=window_epochs)


def _smurf(delta: float) -> Factory:
    return partial(Smurf, delta=delta)


def _edgex(profile: edgex.MobilityProfile, departed_threshold_s: int) -> Factory:
    return partial(EdgexShop, profile=profile, departed_threshold_s=departed_threshold_s)


def _rsp(profile: rsp.MobilityProfile, exit_departure_s: int) -> Factory:
    return partial(RspShop, profile=profile, exit_departure_s=exit_departure_s)


EDGEX_DEPARTED_S = edgex.DEPARTED_THRESHOLD_MS // 1_000
RSP_EXIT_DEPARTURE_S = rsp.EXIT_DEPARTURE_MS // 1_000

BASELINES: Mapping[str, Factory] = MappingProxyType(
    {
        **{f"fixed-{epochs}": _fixed(epochs) for epochs in FIXED_WINDOWS_EPOCHS},
        "smurf-0.05": _smurf(SMURF_PAPER_DELTA),
        "smurf-tuned": _smurf(SMURF_TUNED_DELTA),
        "edgex-asset": _edgex(edgex.ASSET, EDGEX_DEPARTED_S),
        "edgex-garment": _edgex(edgex.GARMENT, EDGEX_DEPARTED_S),
        "rsp-asset": _rsp(rsp.ASSET, RSP_EXIT_DEPARTURE_S),
        "rsp-garment": _rsp(rsp.GARMENT, RSP_EXIT_DEPARTURE_S),
        "ledger": Ledger,
    }
)

# The knob of each curve, from hasty to patient. The ledger has none.
_WINDOW_KNOB = "window (epochs of 5 s)"
_WINDOWS_EPOCHS = (1, 2, 5, 12, 25, 60, 120, 240, 480, 720)
_DELTA_KNOB = "δ"
_DELTAS = (0.5, 0.2, 0.05, 1e-2, 1e-3, 1e-6, 1e-12, 1e-24, 1e-48, 1e-96)
_DEPARTED_KNOB = "departed threshold (s)"
_DEPARTED_S = (30, 60, 120, 300, 600, 1_200, 2_400)
_EXIT_KNOB = "exit departure (s)"
_EXIT_S = (5, 10, 30, 60, 120, 300)

_CURVES: Mapping[str, tuple[Variant, ...]] = MappingProxyType(
    {
        "fixed": tuple(Variant("fixed", _WINDOW_KNOB, value, _fixed(value)) for value in _WINDOWS_EPOCHS),
        "smurf": tuple(Variant("smurf", _DELTA_KNOB, value, _smurf(value)) for value in _DELTAS),
        **{
            name: tuple(Variant(name, _DEPARTED_KNOB, value, _edgex(profile, value)) for value in _DEPARTED_S)
            for name, profile in (("edgex-asset", edgex.ASSET), ("edgex-garment", edgex.GARMENT))
        },
        **{
            name: tuple(Variant(name, _EXIT_KNOB, value, _rsp(profile, value)) for value in _EXIT_S)
            for name, profile in (("rsp-asset", rsp.ASSET), ("rsp-garment", rsp.GARMENT))
        },
        "ledger": (Variant("ledger", "none", 0.0, Ledger),),
    }
)


def variants() -> Mapping[str, tuple[Variant, ...]]:
    """Return the curves by name, each from hasty to patient."""
    return _CURVES
