/** Speaks JSON with a Quire server: addresses, key, errors. Knows nothing of what is asked. */

import { ConnectionError, describeError, ServerError } from "./errors";
import type { HttpPort, HttpRequest, HttpResponse } from "./ports";

/** Where the server is, and who asks. */
export interface Connection {
  /** Such as `http://127.0.0.1:1234`, without a slash at the end. */
  readonly address: string;
  /** The key from pairing; null where the server asks for none. */
  readonly key: string | null;
  readonly deviceId: string;
}

/** One call below the server's address. */
export interface Call {
  readonly method: HttpRequest["method"];
  /** Begins with a slash. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  readonly timeoutMs?: number;
}

/** Long enough for a batch on a slow network. */
const TIMEOUT_MS = 120_000;

/** Makes calls to one server. */
export class Api {
  constructor(
    private readonly http: HttpPort,
    private readonly connection: () => Connection,
  ) {}

  /** Sends a JSON body, or none, and gives the JSON of the reply; an error status is a `ServerError`. */
  async json<T>(method: HttpRequest["method"], path: string, body?: unknown, timeoutMs?: number): Promise<T> {
    const content = { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const response = await this.send({ method, path, timeoutMs, ...(body === undefined ? {} : content) });
    if (response.status >= 400) throw readError(response);
    try {
      return JSON.parse(response.text) as T;
    } catch {
      throw new ConnectionError(`the server at ${this.connection().address} did not answer in JSON; is it Quire?`);
    }
  }

  /** Sends anything and gives the reply whatever its status. */
  async send(call: Call): Promise<HttpResponse> {
    const { address, key, deviceId } = this.connection();
    const headers: Record<string, string> = { "X-Device-Id": deviceId, ...call.headers };
    if (key !== null) headers["Authorization"] = `Bearer ${key}`;
    const url = address + call.path;
    try {
      return await this.http.send({ method: call.method, url, headers, body: call.body, timeoutMs: call.timeoutMs ?? TIMEOUT_MS });
    } catch (error) {
      throw new ConnectionError(`cannot reach ${address}: ${describeError(error)}`);
    }
  }
}

/** Takes an address as people type it; null where it cannot be one. */
export function parseAddress(typed: string): string | null {
  const text = typed.trim();
  if (text === "") return null;
  try {
    const url = new URL(/^https?:\/\//i.test(text) ? text : `http://${text}`);
    return url.hostname === "" ? null : (url.origin + url.pathname).replace(/\/+$/, "");
  } catch {
    return null;
  }
}

/** Makes an error of a reply with an error status. */
export function readError(response: HttpResponse): ServerError {
  let code = "";
  let message = `the server answered with status ${response.status}`;
  let details: unknown = null;
  try {
    const body = JSON.parse(response.text) as { error?: { code?: string; message?: string; details?: unknown } };
    code = body.error?.code ?? code;
    message = body.error?.message ?? message;
    details = body.error?.details ?? null;
  } catch {
    // A proxy in between answers in HTML; the status says enough.
  }
  const seconds = Number(response.headers["retry-after"]);
  const retryAfterMs = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : null;
  return new ServerError(response.status, code, message, retryAfterMs, details);
}
