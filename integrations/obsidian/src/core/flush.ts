/** Sending the changes that events told of, without looking at the rest of the vault. */

import type { RipeChanges } from "./dirty-map";
import { FileChangedError } from "./errors";
import { limitsOf, makeSender, noteReport, supersededMessage, type SyncContext } from "./full-sync";
import { hashBytes } from "./digest";
import { toWirePath } from "./paths";
import type { VaultFile } from "./ports";
import type { DeleteOperation, MoveOperation, SourceState } from "./protocol";
import { readWhole } from "./read-file";
import { findExclusion, isAttachment } from "./rules";
import { type Sender, sendChanges, sendFiles, type Upload } from "./upload";

/** What is to be sent, sorted by how. */
interface Work {
  readonly moves: MoveOperation[];
  readonly deletes: DeleteOperation[];
  readonly uploads: Upload[];
  readonly later: string[];
}

/** Sends changes of single files; gives the files that have to be looked at again. */
export async function runFlush(
  context: SyncContext,
  source: SourceState,
  ripe: RipeChanges,
): Promise<string[]> {
  const { board, cache } = context;
  const work = await sortOut(context, ripe);
  const total = work.moves.length + work.deletes.length + work.uploads.length;
  if (total === 0) return work.later;
  board.update({ phase: "sending", done: 0, total });
  const sender = makeSender(context, limitsOf(source));
  const moved = await sendChanges(sender, work.moves);
  for (const move of moved.unknownMoves) {
    work.deletes.push({ op: "delete", path: move.from, ts: move.ts });
    work.uploads.push(...uploadOf(context, move.to));
  }
  const deleted = await sendChanges(sender, work.deletes);
  const sent = await sendFiles(sender, work.uploads);
  for (const report of [moved, deleted, sent]) noteReport(board, report);
  const changed = await bringBack(context, sender, sent.superseded);
  await cache.save();
  const again = [...work.later, ...moved.later, ...sent.later, ...sent.conflicts, ...changed];
  return [...new Set(again)];
}

async function sortOut(context: SyncContext, ripe: RipeChanges): Promise<Work> {
  const work: Work = { moves: [], deletes: [], uploads: [], later: [] };
  for (const [path, change] of ripe.changes) {
    if (change.kind === "delete") {
      work.deletes.push({ op: "delete", path, ts: change.atMs });
      context.board.noteProblem(path, null);
      continue;
    }
    const file = findIncluded(context, path);
    if (file === null) {
      const gone = change.kind === "move" ? change.from : path;
      work.deletes.push({ op: "delete", path: gone, ts: context.ports.clock.nowMs() });
      context.board.noteProblem(path, null);
    } else if (change.kind === "put") {
      if (context.settings.sendsAttachments || !isAttachment(path)) work.uploads.push({ path, vaultPath: file.path });
    } else {
      await sortOutMove(context, work, { path, file, from: change.from, atMs: change.atMs });
    }
  }
  return work;
}

/** A move of what the server has; what was edited on the way is put afterwards. */
async function sortOutMove(
  { cache, ports }: SyncContext,
  work: Work,
  move: { path: string; file: VaultFile; from: string; atMs: number },
): Promise<void> {
  const { path, file, from, atMs } = move;
  const known = cache.findLast(from);
  try {
    const content = await readWhole(ports.vault, file.path);
    const hash = await hashBytes(content.bytes, ports.hash);
    work.moves.push({ op: "move", from, to: path, hash: known ?? hash, ts: atMs });
    if (known !== null && known !== hash) work.uploads.push({ path, vaultPath: file.path });
    cache.rename(from, path);
    cache.remember(content.file, hash);
  } catch (error) {
    if (!(error instanceof FileChangedError)) throw error;
    work.later.push(path);
    work.deletes.push({ op: "delete", path: from, ts: atMs });
  }
}

/**
 * A file that comes back, such as from the trash, is older than its deletion and would lose against it.
 * It is here and the server has none: so it is created, whatever was deleted there and when.
 */
async function bringBack(context: SyncContext, sender: Sender, superseded: readonly string[]): Promise<string[]> {
  const later: string[] = [];
  for (const path of superseded) {
    const serverHash = await sender.api.findFile(path);
    const file = findIncluded(context, path);
    if (serverHash !== null || file === null) {
      context.board.noteProblem(path, { message: supersededMessage(null), serverHash });
    } else if (await createFile(sender, path, file)) {
      context.board.noteProblem(path, null);
    } else {
      later.push(path);
    }
  }
  return later;
}

/** Creates a file on the server; false where it changed under our hands or came to be there meanwhile. */
async function createFile({ api, ports }: Sender, path: string, file: VaultFile): Promise<boolean> {
  try {
    const content = await readWhole(ports.vault, file.path);
    const hash = await hashBytes(content.bytes, ports.hash);
    return await api.createFile({ path, hash, mtime: content.file.modifiedMs }, content.bytes);
  } catch (error) {
    if (error instanceof FileChangedError) return false;
    throw error;
  }
}

function uploadOf(context: SyncContext, path: string): Upload[] {
  const file = findIncluded(context, path);
  return file === null ? [] : [{ path, vaultPath: file.path }];
}

/** Finds a file that belongs to the source, by either spelling of its path. */
function findIncluded({ ports, settings }: SyncContext, path: string): VaultFile | null {
  const file = ports.vault.findFile(path) ?? ports.vault.findFile(path.normalize("NFD"));
  if (file === null) return null;
  return findExclusion(settings.rules, toWirePath(file.path), file.sizeBytes) === null ? file : null;
}
