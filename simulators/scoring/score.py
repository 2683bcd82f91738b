"""One method's beliefs of one run, judged: the whole scorer behind one call. Pure."""

import numpy as np

from simulators.scoring.alerts import AlertRule, alerts_of, episodes_of, tally_alerts
from simulators.scoring.answers import tally_answers
from simulators.scoring.beliefs import BeliefLog
from simulators.scoring.departures import tally_departures, tally_sales
from simulators.scoring.faults import Fault, faults_of
from simulators.scoring.history import History
from simulators.scoring.outage_alerts import tally_outage_alerts
from simulators.scoring.predictions import tally_predictions
from simulators.scoring.states import (
    believed_levels,
    level_events,
    on_hand,
    tally_items,
    tally_stock,
    true_levels,
    true_places,
)
from simulators.scoring.tally import Tally


class Scorer:
    """The truth of one run, ready to judge any number of methods."""

    def __init__(self, history: History, rule: AlertRule) -> None:
        self._history = history
        self._rule = rule
        self._places = true_places(history)
        self._levels = true_levels(history)
        self._on_hand = on_hand(self._levels, history)
        self._episodes = episodes_of(self._levels, history, rule)
        self._alerts = [(one.fired_ns, one.kind, one.sku) for one in self._episodes]

    def score(self, log: BeliefLog) -> Tally:
        """Return the tally of one method."""
        history = self._history
        tally = Tally(len(history.skus) * history.grid.days)
        levels = believed_levels(history, log)
        believed = on_hand(levels, history)
        tally_stock(tally, self._on_hand, believed, history)
        if log.items is not None:
            tally_items(tally, self._places, log, history)
            tally_departures(tally, log, history)
        tally_sales(tally, level_events(history, log), history)
        tally_answers(tally, self._on_hand, believed, log, history)
        alerts = alerts_of(levels, history, self._rule) if log.alerts is None else log.alerts
        tally_alerts(tally, alerts, self._alerts, history)
        tally_outage_alerts(tally, log, self._episodes, self._levels, history)
        horizon_ns = self._rule.predicted_within_ns
        tally_predictions(tally, log, self._episodes, self._on_hand, horizon_ns, history)
        return tally

    def faults(self, log: BeliefLog) -> list[Fault]:
        """Return each single error of one method."""
        believed = on_hand(believed_levels(self._history, log), self._history)
        return faults_of(log, self._on_hand, believed, self._history, self._alerts)

    @property
    def true_pieces(self) -> float:
        """Return the mean number of pieces in the store."""
        return float(np.mean(self._on_hand.sum(axis=0)))
