/** One path on the fake server: a last-writer-wins register ordered by time, operation and hash. */

import type { ContentHash } from "../../src/core/protocol";

export interface Entry {
  readonly ts: number;
  /** Null for a tombstone. */
  readonly hash: ContentHash | null;
  readonly device: string;
}

/** Says whether the new entry wins: later, or at the same time a put over a deletion, or the larger hash. */
export function wins(entry: Entry, held: Entry | undefined): boolean {
  if (held === undefined) return true;
  if (entry.ts !== held.ts) return entry.ts > held.ts;
  if ((entry.hash === null) !== (held.hash === null)) return entry.hash !== null;
  return (entry.hash ?? "") > (held.hash ?? "");
}
