/**
 * Remembers the hash of each file by path, size and modification time, so that starting on an unchanged
 * vault reads nothing. Losing it costs time, never correctness.
 */

import type { StoragePort, VaultFile } from "./ports";
import { toWirePath } from "./paths";
import type { ContentHash } from "./protocol";

const KEY = "hashes";

type Row = [path: string, sizeBytes: number, modifiedMs: number, hash: ContentHash];

/** The hashes that this device knows. */
export class HashCache {
  private readonly rows = new Map<string, Row>();
  private changed = false;

  constructor(private readonly storage: StoragePort) {}

  /** Reads what was kept; what cannot be read is forgotten. */
  async load(): Promise<void> {
    const kept = await this.storage.load(KEY);
    if (!Array.isArray(kept)) return;
    for (const row of kept) {
      if (isRow(row)) this.rows.set(row[0], row);
    }
  }

  /** Gives the hash of a file that has not changed since it was remembered. */
  find(file: VaultFile): ContentHash | null {
    const row = this.rows.get(toWirePath(file.path));
    return row !== undefined && row[1] === file.sizeBytes && row[2] === file.modifiedMs ? row[3] : null;
  }

  /** Gives the last known hash at a path, even of a file that is gone. */
  findLast(path: string): ContentHash | null {
    return this.rows.get(path)?.[3] ?? null;
  }

  /** Remembers the hash of a file as it was read. */
  remember(file: VaultFile, hash: ContentHash): void {
    const path = toWirePath(file.path);
    this.rows.set(path, [path, file.sizeBytes, file.modifiedMs, hash]);
    this.changed = true;
  }

  /** Takes a hash along when a file is renamed. */
  rename(from: string, to: string): void {
    const row = this.rows.get(from);
    if (row === undefined) return;
    this.rows.delete(from);
    this.rows.set(to, [to, row[1], row[2], row[3]]);
    this.changed = true;
  }

  /** Forgets the files that are not among these. */
  keepOnly(paths: ReadonlySet<string> | ReadonlyMap<string, unknown>): void {
    for (const path of this.rows.keys()) {
      if (paths.has(path)) continue;
      this.rows.delete(path);
      this.changed = true;
    }
  }

  /** Writes the cache if anything changed. */
  async save(): Promise<void> {
    if (!this.changed) return;
    this.changed = false;
    await this.storage.save(KEY, [...this.rows.values()]);
  }
}

function isRow(row: unknown): row is Row {
  return (
    Array.isArray(row) &&
    typeof row[0] === "string" &&
    typeof row[1] === "number" &&
    typeof row[2] === "number" &&
    typeof row[3] === "string"
  );
}
