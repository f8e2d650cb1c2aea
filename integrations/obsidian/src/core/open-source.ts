/** Making sure that the server knows the source as it is described here. */

import { hashBytes } from "./digest";
import { ServerError } from "./errors";
import type { SyncContext } from "./full-sync";
import type { SourceDescription, SourceState } from "./protocol";

const KEY = "described";

/** What the server was last told. */
interface Described {
  sourceId: string;
  description: string;
  rulesHash: string;
}

/**
 * Asks how the source stands, and describes it first where it is new to the server, or where this device or
 * another one changed the rules. So a start without any news is one small request.
 */
export async function openSource(context: SyncContext): Promise<SourceState> {
  const { api, ports, settings } = context;
  const description = describe(context);
  const text = new TextEncoder().encode(JSON.stringify(description));
  const hash = await hashBytes(text, ports.hash);
  const kept = (await ports.storage.load(KEY)) as Partial<Described> | null;
  if (kept?.sourceId === settings.sourceId && kept.description === hash) {
    const source = await findSource(context);
    if (source !== null && source.rules_hash === kept.rulesHash) return source;
  }
  const put = await api.putSource(description);
  const described: Described = { sourceId: settings.sourceId, description: hash, rulesHash: put.rules_hash };
  await ports.storage.save(KEY, described);
  return put.digest === undefined ? api.getSource() : put;
}

async function findSource({ api }: SyncContext): Promise<SourceState | null> {
  try {
    return await api.getSource();
  } catch (error) {
    if (error instanceof ServerError && error.status === 404) return null;
    throw error;
  }
}

function describe({ settings }: SyncContext): SourceDescription {
  return {
    kind: "obsidian",
    collection_id: settings.collection,
    name: settings.vault.name,
    vault: settings.vault,
    device: settings.device,
    rules: settings.rules,
  };
}
