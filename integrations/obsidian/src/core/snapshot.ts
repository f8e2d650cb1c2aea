/** What the vault holds at one moment: the files that belong to the source, and why others do not. */

import { hashBytes } from "./digest";
import { describeError } from "./errors";
import type { HashCache } from "./hash-cache";
import { isUnder, toWirePath } from "./paths";
import type { Ports, VaultFile, VaultPort } from "./ports";
import type { ContentHash, ManifestRow } from "./protocol";
import { readWhole } from "./read-file";
import { type Exclusion, type FileChoice, findExclusion } from "./rules";

/** So many files are hashed before the editor gets its turn. */
const SLICE = 50;

/** The files of the vault by their paths on the wire. */
export interface Snapshot {
  readonly files: Map<string, VaultFile>;
  readonly excluded: Map<string, Exclusion>;
  /** Files whose names differ only in how Unicode composes them: the server can hold one of them. */
  readonly collisions: string[];
}

/** Lists the vault below the prefixes and applies the rules. */
export function takeSnapshot(vault: VaultPort, choice: FileChoice, prefixes: readonly string[]): Snapshot {
  const snapshot: Snapshot = { files: new Map(), excluded: new Map(), collisions: [] };
  for (const file of vault.listFiles()) {
    const path = toWirePath(file.path);
    if (!prefixes.some((prefix) => isUnder(path, prefix))) continue;
    const exclusion = findExclusion(choice, path, file.sizeBytes);
    if (exclusion !== null) {
      snapshot.excluded.set(path, exclusion);
    } else if (snapshot.files.has(path)) {
      snapshot.collisions.push(file.path);
    } else {
      snapshot.files.set(path, file);
    }
  }
  return snapshot;
}

/** Hashes of a snapshot; null where a file was not to be read now, or could not be. */
export interface Hashes {
  readonly byPath: Map<string, ContentHash | null>;
  readonly unreadable: Map<string, string>;
}

/** How to hash. */
export interface Hashing {
  readonly cache: HashCache;
  /** Says whether a file may be read now; one that may not keeps the hash that is known of it, if any. */
  readonly mayRead: (path: string) => boolean;
  readonly onProgress: (done: number) => void;
}

/** Hashes what the cache does not know, in slices between which the editor gets its turn. */
export async function hashSnapshot(snapshot: Snapshot, ports: Ports, hashing: Hashing): Promise<Hashes> {
  const hashes: Hashes = { byPath: new Map(), unreadable: new Map() };
  let read = 0;
  for (const [path, file] of snapshot.files) {
    const known = hashing.cache.find(file);
    if (known !== null || !hashing.mayRead(path)) {
      hashes.byPath.set(path, known);
      continue;
    }
    try {
      const content = await readWhole(ports.vault, file.path);
      const hash = await hashBytes(content.bytes, ports.hash);
      hashing.cache.remember(content.file, hash);
      hashes.byPath.set(path, hash);
    } catch (error) {
      hashes.byPath.set(path, null);
      hashes.unreadable.set(path, describeError(error));
    }
    read += 1;
    if (read % SLICE === 0) {
      hashing.onProgress(hashes.byPath.size);
      await ports.clock.yieldTurn();
    }
  }
  return hashes;
}

/** Makes the manifest's rows. */
export function toRows(snapshot: Snapshot, hashes: Hashes): ManifestRow[] {
  return [...snapshot.files].map(([path, file]) => [
    path,
    hashes.byPath.get(path) ?? null,
    file.modifiedMs,
    file.sizeBytes,
  ]);
}
