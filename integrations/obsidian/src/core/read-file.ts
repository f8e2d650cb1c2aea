/** Reading a file so that its bytes and its times belong together. */

import { FileChangedError } from "./errors";
import type { VaultFile, VaultPort } from "./ports";

/** A file and the bytes that it had at that time. */
export interface FileContent {
  readonly file: VaultFile;
  readonly bytes: Uint8Array;
}

/** Reads a file by the vault's spelling of its path; fails where it changed meanwhile or is gone. */
export async function readWhole(vault: VaultPort, path: string): Promise<FileContent> {
  const before = vault.findFile(path);
  if (before === null) throw new FileChangedError(`\`${path}\` is gone`);
  const bytes = await vault.readFile(path);
  const after = vault.findFile(path);
  if (after === null) throw new FileChangedError(`\`${path}\` went away while it was read`);
  if (after.modifiedMs !== before.modifiedMs || after.sizeBytes !== before.sizeBytes) {
    throw new FileChangedError(`\`${path}\` changed while it was read; it is read again later`);
  }
  return { file: after, bytes };
}
