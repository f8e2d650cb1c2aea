/** Pairing a device with a server: a one-time code from the server's page for a key of this source. */

import type { Api } from "./api";
import { ConnectionError } from "./errors";
import type { Device } from "./protocol";

/** What the server gives for a code. */
export interface Pairing {
  readonly key: string;
  /** The source that the key is for; null where this device may name its own. */
  readonly sourceId: string | null;
  /** The collection that the source belongs to; null where the server leaves it open. */
  readonly collection: string | null;
}

/** Trades a code for a key. */
export async function pair(api: Api, request: { code: string; device: Device; sourceId: string }): Promise<Pairing> {
  const reply = await api.json<Record<string, unknown>>("POST", "/api/pair", {
    code: request.code.trim(),
    device: request.device,
    source_id: request.sourceId,
  });
  const key = readText(reply, "key");
  if (key === null) throw new ConnectionError("the server took the code but gave no key; is it up to date?");
  return { key, sourceId: readText(reply, "source_id"), collection: readText(reply, "collection") };
}

function readText(reply: Record<string, unknown>, name: string): string | null {
  const value = reply[name];
  return typeof value === "string" && value !== "" ? value : null;
}
