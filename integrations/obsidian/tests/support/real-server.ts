/**
 * A real Quire server for the tests in `tests/server`, which are skipped where `QUIRE_SERVER` does not give its
 * address, such as `http://127.0.0.1:1234`. They make collections of their own and delete them afterwards.
 */

import { randomUUID } from "node:crypto";
import { Api } from "../../src/core/api";
import { pair } from "../../src/core/pairing";
import type { HttpPort } from "../../src/core/ports";

export const SERVER = process.env["QUIRE_SERVER"]?.replace(/\/+$/, "") ?? "";

/** Goes into the names of suites, so that a report says why they were skipped. */
export const SKIP_NOTE = SERVER === "" ? " (skipped: QUIRE_SERVER gives no address)" : "";

/** Requests as the plugin sends them, from Node. */
export const fetchHttp: HttpPort = {
  async send(request) {
    const { method, url, headers, timeoutMs } = request;
    const body = request.body instanceof Uint8Array ? new Uint8Array(request.body) : request.body;
    const response = await fetch(url, { method, headers, body, signal: AbortSignal.timeout(timeoutMs) });
    return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() };
  },
};

/** Speaks to the server as its owner, who sits before it. */
export const owner = new Api(fetchHttp, () => ({ address: SERVER, key: null, deviceId: "tests" }));

/** Makes a collection and gives its name. */
export async function createCollection(): Promise<string> {
  const name = `plugin-${randomUUID().slice(0, 8)}`;
  await owner.json("POST", "/api/collections", { name });
  return name;
}

export async function deleteCollection(name: string): Promise<void> {
  await owner.json("DELETE", `/api/collections/${name}`).catch(() => undefined);
}

/** Pairs a device as a user does: the owner's page shows a code, the device trades it for a key. */
export async function pairDevice(
  collection: string,
  sourceId: string | null,
  deviceId: string,
): Promise<{ key: string; sourceId: string }> {
  const request = { collection, ...(sourceId === null ? {} : { source_id: sourceId }) };
  const { code } = await owner.json<{ code: string }>("POST", "/api/sources/pairing-codes", request);
  const device = { id: deviceId, name: deviceId, platform: "linux" };
  const pairing = await pair(owner, { code, device, sourceId: sourceId ?? randomUUID() });
  if (pairing.sourceId === null) throw new Error("the server named no source");
  return { key: pairing.key, sourceId: pairing.sourceId };
}

/** What the server says of a document. */
interface Listed {
  path: string;
  status: string;
  sha256: string;
}

/** Waits until nothing is pending, and gives each document's hash by path. */
export async function indexedDocuments(collection: string): Promise<Record<string, string>> {
  const unfinished = new Set(["accepted", "parsed", "embedded"]);
  for (let attempt = 0; attempt < 240; attempt += 1) {
    const { documents } = await owner.json<{ documents: Listed[] }>("GET", `/api/collections/${collection}/documents?limit=1000`);
    if (documents.every((document) => !unfinished.has(document.status))) {
      return Object.fromEntries(documents.map((document) => [document.path, document.sha256]));
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("the server did not come to rest within a minute");
}
