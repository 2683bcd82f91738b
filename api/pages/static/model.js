// What the page knows of one store. Pure: answers and events in, what changed out.

/** What a change touched, so that only that is drawn anew. `refresh`: ask for the overview again. */
export class Changes {
  constructor() {
    this.articleSet = false;
    this.skus = new Set();
    this.zones = false;
    this.alerts = false;
    this.devices = false;
    this.refresh = false;
  }

  /** Whether anything that is shown changed. */
  get isAny() {
    return this.articleSet || this.skus.size > 0 || this.zones || this.alerts || this.devices;
  }

  /** Adds what another change touched. */
  add(other) {
    for (const sku of other.skus) this.skus.add(sku);
    for (const part of ["articleSet", "zones", "alerts", "devices", "refresh"]) this[part] ||= other[part];
  }
}

/** Roles of devices that see a code when a person shows it: they watch no zone. */
const SCANNER_ROLES = new Set(["receiving", "till", "return", "count", "look_up"]);

export class StoreModel {
  constructor() {
    this.store = null;
    this.zones = new Map();
    this.articles = new Map();
    this.moreArticles = 0;
    this.alerts = new Map();
    this.devices = new Map();
    this.readiness = { ready: true, reasons: [] };
    this.asOfMs = null;
    this.looks = []; // at the devices, of the last two overviews: {ms, devices}
    this.speed = 1;
  }

  /** Takes a whole overview in, and returns what it changed. */
  applyOverview(overview) {
    this.store = overview.store;
    this.asOfMs = Date.parse(overview.now);
    this.speed = overview.speed;
    this.readiness = overview.readiness;
    this.moreArticles = overview.more_articles;
    this.zones = new Map(overview.zones.map((zone) => [zone.id, { ...zone }]));
    this.articles = new Map(overview.articles.map((article) => [article.sku, withSeen(article)]));
    this.alerts = new Map(overview.alerts.map((alert) => [alert.id, alert]));
    this.devices = new Map(overview.devices.map((device) => [device.id, device]));
    this.looks = [...this.looks.slice(-1), { ms: this.asOfMs, devices: overview.devices }];
    return this.everything();
  }

  /** Returns the change that touches all that is known: for a screen that shows it for the first time. */
  everything() {
    const changes = new Changes();
    changes.skus = new Set(this.articles.keys());
    changes.articleSet = changes.zones = changes.alerts = changes.devices = true;
    return changes;
  }

  /** Takes one event of the stream in, and returns what it changed. Events of other stores change nothing. */
  applyEvent(type, event) {
    const changes = new Changes();
    if (this.store === null || event.store !== this.store.id) return changes;
    if (type === "availability") this.applyAvailability(event, changes);
    if (type === "alert") this.applyAlert(event, changes);
    if (type === "device") this.applyDevice(event, changes);
    return changes;
  }

  applyAvailability(event, changes) {
    const article = this.articles.get(event.sku);
    const isForeign = article === undefined && this.moreArticles > 0; // it is among those left off
    if (isForeign) return;
    if (article === undefined || Object.keys(event.zones).some((zone) => !this.zones.has(zone))) {
      changes.refresh = true;
      if (article === undefined) return;
    }
    this.movePieces(article.zones, -1);
    this.movePieces(event.zones, +1);
    const { status, quantities, zones, interval_90 } = event;
    this.articles.set(event.sku, { ...article, status, quantities, zones, interval_90 });
    changes.skus.add(event.sku);
    changes.zones = true;
  }

  movePieces(levels, sign) {
    for (const [id, pieces] of Object.entries(levels)) {
      const zone = this.zones.get(id);
      if (zone !== undefined) zone.pieces += sign * pieces;
    }
  }

  applyAlert(alert, changes) {
    if (STANDING.has(alert.state)) this.alerts.set(alert.id, alert);
    else this.alerts.delete(alert.id);
    changes.alerts = changes.zones = true;
  }

  applyDevice(device, changes) {
    const before = this.devices.get(device.id);
    this.devices.set(device.id, device);
    changes.devices = true;
    changes.refresh = before?.state !== device.state; // whose zones are watched now stands in the overview
  }

  /** Returns how a zone is looked at: watched, unwatched (its reader is down), or no_reader. */
  coverage(zone) {
    if (zone.watched) return "watched";
    const readers = [...this.devices.values()].filter((device) => !SCANNER_ROLES.has(device.role));
    return readers.some((device) => device.zones.includes(zone.id)) ? "unwatched" : "no_reader";
  }

  /** Returns the alerts that ask for something now, the gravest and newest first and those that somebody sees to
   *  last; then those on hold. */
  alertLists() {
    const seenTo = (alert) => Number(alert.state === "acknowledged");
    const all = [...this.alerts.values()].sort(
      (a, b) =>
        seenTo(a) - seenTo(b) ||
        SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
        compare(b.since, a.since),
    );
    const isOnHold = (alert) => alert.suppressed_by !== null || alert.state === "snoozed";
    return { active: all.filter((alert) => !isOnHold(alert)), onHold: all.filter(isOnHold) };
  }

  /** Returns the alerts that ask for something in each zone. */
  alertsByZone() {
    const byZone = new Map();
    for (const alert of this.alertLists().active) {
      for (const zone of this.zonesOf(alert)) byZone.set(zone, [...(byZone.get(zone) ?? []), alert]);
    }
    return byZone;
  }

  zonesOf(alert) {
    const device = alert.device === null ? undefined : this.devices.get(alert.device);
    return device?.zones ?? (alert.zone === null ? [] : [alert.zone]);
  }
}

const SEVERITIES = ["critical", "warning", "info"];
const STANDING = new Set(["firing", "acknowledged", "snoozed"]);

const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);

function withSeen(article) {
  return { ...article, seenMs: article.last_seen_at === null ? null : Date.parse(article.last_seen_at) };
}
