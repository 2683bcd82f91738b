// Asks the gateway: one function per question, and one error that says who can help.

const TIMEOUT_MS = 10_000;

/** What went wrong. `status` 0: no answer came. `code` is the API's, or "". */
export class RequestFailed extends Error {
  constructor(status, code = "", detail = "") {
    super(`${status} ${code} ${detail}`);
    this.status = status;
    this.code = code;
  }
}

export const whoAmI = () => ask("/session");
export const stores = async () => (await ask("/v1/stores")).items;
export const overview = (store) => ask(`/v1/overview?store=${encodeURIComponent(store)}`);
export const calibration = async (store) => (await ask(`/v1/calibration?store=${encodeURIComponent(store)}`)).items[0];
export const streamAddress = (store) => `/v1/stream?beats=true&store=${encodeURIComponent(store)}`;

/** Exchanges {person, pin}, {link} or {key} for a session cookie. It travels in the body: never in an address. */
export const signIn = (way) =>
  ask("/session", { method: "POST", body: JSON.stringify(way), headers: { "Content-Type": "application/json" } });

/** Returns who may sign in on this device by a PIN: [{id, name, role}]; throws where it is no device of the shop. */
export const people = async () => (await ask("/session/people")).items;

export const signOut = () => ask("/session", { method: "DELETE" });

/** Sends an act of the outbox. Its key lets it take effect once, however often it is sent. */
export const sendAct = ({ method, path, body, headers, key }) =>
  ask(path, {
    method,
    body: body === null ? undefined : JSON.stringify(body),
    headers: { ...headers, "Idempotency-Key": key, ...(body === null ? {} : { "Content-Type": "application/json" }) },
  });

/** Returns the JSON of an address of the API; throws RequestFailed. `headers` and the rest are fetch's. */
export async function ask(path, { headers = {}, timeoutMs = TIMEOUT_MS, ...options } = {}) {
  const settings = {
    ...options,
    headers: { Accept: "application/json", "X-Storefloor": "1", ...headers },
    credentials: "same-origin",
    signal: AbortSignal.timeout(timeoutMs),
  };
  let response, text;
  try {
    response = await fetch(path, settings);
    text = await response.text();
  } catch (error) {
    throw new RequestFailed(0, "", String(error));
  }
  const body = parse(text);
  if (!response.ok) throw new RequestFailed(response.status, body?.code ?? "", body?.detail ?? "");
  if (response.status !== 204 && body === null) throw new RequestFailed(0, "", "no JSON");
  return body;
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
