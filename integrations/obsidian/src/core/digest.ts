/**
 * The digest of a whole tree, as the server computes it: of each folder, the SHA-256 over its sorted lines
 * `name\0hash\n` for files and `name/\0digest\n` for folders. Two equal digests are two equal vaults.
 */

import { compareCodePoints } from "./paths";
import type { HashPort } from "./ports";
import type { ContentHash } from "./protocol";

interface Folder {
  readonly files: Map<string, ContentHash>;
  readonly folders: Map<string, Folder>;
}

/** Computes the digest of all files by their paths. */
export async function digestTree(files: ReadonlyMap<string, ContentHash>, hash: HashPort): Promise<ContentHash> {
  const root = emptyFolder();
  for (const [path, contentHash] of files) {
    const parts = path.split("/");
    const name = parts.pop() ?? "";
    parts.reduce(openFolder, root).files.set(name, contentHash);
  }
  return digestFolder(root, hash);
}

/** Hashes bytes in the protocol's spelling. */
export async function hashBytes(bytes: Uint8Array, hash: HashPort): Promise<ContentHash> {
  return `sha256:${await hash.sha256(bytes)}`;
}

async function digestFolder(folder: Folder, hash: HashPort): Promise<ContentHash> {
  const lines = [...folder.files].map(([name, contentHash]) => `${name}\0${contentHash}\n`);
  for (const [name, child] of folder.folders) {
    lines.push(`${name}/\0${await digestFolder(child, hash)}\n`);
  }
  lines.sort(compareCodePoints);
  return hashBytes(new TextEncoder().encode(lines.join("")), hash);
}

function openFolder(parent: Folder, name: string): Folder {
  let folder = parent.folders.get(name);
  if (folder === undefined) {
    folder = emptyFolder();
    parent.folders.set(name, folder);
  }
  return folder;
}

function emptyFolder(): Folder {
  return { files: new Map(), folders: new Map() };
}
