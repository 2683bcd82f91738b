"""Observations in: each goes to the part of the state that it bears evidence for. Pure.

read ──▶ place ──▶ presence          heartbeat ──▶ device, watch
scan ──▶ repeat? ──▶ product ──▶ role of its scanner ──▶ stock
reading ──▶ shelf ──▶ settled pieces ──▶ stock
"""

from collections.abc import Sequence

from gateway.counting.seeing import take_scan
from gateway.devices.life import DeviceLife
from gateway.scans import CountSession
from gateway.state import MAX_MET_PER_PASS, State
from gateway.storage.ports import StateRow
from gateway.till import Till
from readers.errors import Malformed
from readers.observations import Fault, Heartbeat, Identified, Observation, Read, Reading, Scan

PROOF_EVERY_NS = 500_000_000
"""Reads of one reader prove its life again after this: a read must stay cheap."""


class ObservationIntake:
    """Takes observations into the state. received == passed + dropped holds in `state.counts`."""

    def __init__(self, state: State, till: Till) -> None:
        self._state = state
        self._till = till
        self._proof_ns: dict[str, int] = dict.fromkeys(state.site.silent_after_ns, 0)
        self._counts = state.counts
        self._ports = {
            (reader, antenna): (port, state.devices[reader])
            for reader, antenna in state.site.antenna_place
            if reader in state.devices and (port := state.presence.port(reader, antenna)) is not None
        }
        self._handlers = {
            Scan: self._scan,
            Reading: self._reading,
            Heartbeat: self._heartbeat,
            Identified: self._identified,
            Fault: self._fault,
        }

    def observe(self, observation: Observation, now_ns: int) -> None:
        """Take one observation in."""
        self.observe_all((observation,), now_ns)

    def observe_all(self, observations: Sequence[Observation], now_ns: int) -> None:
        """Take observations in, in order. A read is a few look-ups and appends: all else waits for its epoch."""
        self._counts.received += len(observations)
        ports, proofs = self._ports, self._proof_ns
        presence, corrected = self._state.presence, self._state.clocks.corrected
        met = self._state.met
        reads = known = 0
        for observation in observations:
            if type(observation) is not Read:  # a thousandth of all
                self._handlers[type(observation)](observation, now_ns)  # type: ignore[operator]  # keyed by its own type
                continue
            found = ports.get((observation.reader, observation.antenna))
            if found is None:
                self._state.drop(observation.reader, "unknown_antenna")
                continue
            port, device = found
            reads += 1
            at_ns = observation.at_ns
            if at_ns != observation.received_ns:
                at_ns = corrected(observation.reader, at_ns, observation.received_ns)
            device.observations += observation.count
            if at_ns - proofs.get(observation.reader, at_ns) >= PROOF_EVERY_NS:
                self._prove(device, at_ns)
            elif at_ns > (device.last_seen_ns or 0) and observation.reader not in proofs:
                device.seen(at_ns)
            row = port.index.get(observation.epc)
            if row is None:
                if len(met) < MAX_MET_PER_PASS and not presence.is_known(observation.epc):
                    met.append((observation.reader, observation.antenna, observation.epc))
                presence.observe_at(port, observation.epc, at_ns, observation.rssi_dbm, observation.count)
                continue
            known += 1
            port.rows.append(row)
            port.at_ns.append(at_ns)
            port.rssi_dbm.append(observation.rssi_dbm)
        self._counts.passed += reads
        presence.counts.received += known

    def _prove(self, device: DeviceLife, at_ns: int) -> None:
        self._proof_ns[device.id] = at_ns
        device.seen(at_ns)
        self._state.presence.proof(device.id, at_ns)

    def _heartbeat(self, beat: Heartbeat, _now_ns: int) -> None:
        device = self._state.devices.get(beat.device)
        if device is None:
            self._state.drop(beat.device, "unknown_device")
            return
        self._state.counts.passed += 1
        is_reader = beat.device in self._proof_ns
        if beat.online:
            at_ns = self._state.clocks.corrected(beat.device, beat.at_ns, beat.received_ns)
            if is_reader:
                self._prove(device, at_ns)
            else:
                device.seen(at_ns)
        else:
            device.offline = True
            if is_reader:
                self._state.presence.lost(beat.device)

    def _identified(self, identified: Identified, _now_ns: int) -> None:
        self._state.counts.passed += 1
        if device := self._state.devices.get(identified.device):
            device.detail = identified.detail
            self._state.touched_devices.add(identified.device)

    def _fault(self, fault: Fault, _now_ns: int) -> None:
        self._state.counts.passed += 1
        if device := self._state.devices.get(fault.device):
            device.fault = f"{fault.code}: {fault.detail}"
            self._state.touched_devices.add(fault.device)

    def _reading(self, reading: Reading, now_ns: int) -> None:
        shelf = self._state.shelves.get(reading.sensor)
        if shelf is None:
            self._state.drop(reading.sensor, "unknown_device")
            return
        self._state.counts.passed += 1
        device = self._state.devices[reading.sensor]
        at_ns = self._state.clocks.corrected(reading.sensor, reading.at_ns, reading.received_ns)
        device.seen(at_ns)
        device.observations += 1
        settled = shelf.feed(reading.weight_g, at_ns)
        if settled is not None or (shelf.is_save_due() and shelf.pieces is not None):
            self._state.rows.append(StateRow("shelf", reading.sensor, shelf.save()))
        if settled is None:
            return
        section = self._state.site.shelves[reading.sensor]
        self._state.touched.add((section.store, section.sku))
        if settled.pieces is not None:
            self._state.ledger.shelf_settled(
                section.store, section.sku, section.id, section.zone, settled.pieces, settled.at_ns, now_ns
            )

    def _scan(self, scan: Scan, now_ns: int) -> None:
        scanner = self._state.site.scanners.get(scan.scanner)
        if scanner is None:
            self._state.drop(scan.scanner, "unknown_device")
            return
        device = self._state.devices[scan.scanner]
        at_ns = self._state.clocks.corrected(scan.scanner, scan.at_ns, scan.received_ns)
        device.seen(at_ns)
        device.observations += 1
        has_time = scan.at_ns != scan.received_ns
        if has_time and not self._state.told[scan.scanner].is_new(scan.text, scan.at_ns):
            self._state.drop(scan.scanner, "duplicate")
            return
        if not self._state.repeats[scan.scanner].is_new(scan.text, at_ns):
            self._state.drop(scan.scanner, "repeat")
            return
        try:
            product = self._state.identifier.scan(scan.text)
        except Malformed as error:
            self._state.drop(scan.scanner, error.reason)
            self._state.refused.append((scan.scanner, error))
            return
        if product is None:
            self._state.drop(scan.scanner, "not_a_product")
            return
        self._state.counts.passed += 1
        ref = f"{scan.scanner}:{scan.at_ns}"
        match scanner.role:
            case "till":
                self._till.sell(scanner.store, product.sku, product.epc, ref, at_ns, now_ns)
            case "return":
                self._till.take_back(
                    scanner.store, product.sku, scanner.zone, product.epc, ref, at_ns, now_ns
                )
            case "receiving":
                self._till.receive(scanner.store, product.sku, scanner.zone, product.epc, ref, at_ns, now_ns)
            case "count":
                place = scanner.store, scanner.zone, scan.scanner
                if not take_scan(self._state, *place, product.sku, product.epc, now_ns):
                    self._count_piece(scan.scanner, product.sku, at_ns)
            case "look_up":
                pass  # asks, and moves nothing

    def refuse(self, device: str, error: Malformed) -> None:
        """Take note of input that a codec could not read (the codec has counted it for its device)."""
        self._state.counts.received += 1
        self._state.counts.drop(error.reason)
        self._state.refused.append((device, error))

    def _count_piece(self, scanner: str, sku: str, at_ns: int) -> None:
        session = self._state.sessions.get(scanner)
        if session is None:
            session = self._state.sessions[scanner] = CountSession(f"{scanner}:{at_ns}", at_ns, at_ns)
        session.add(sku, at_ns)
        self._state.save_session(scanner)
