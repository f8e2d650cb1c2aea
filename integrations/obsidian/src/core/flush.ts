/** Sending the changes that events told of, without looking at the rest of the vault. */

import type { RipeChanges } from "./dirty-map";
import { FileChangedError } from "./errors";
import { limitsOf, makeSender, noteReport, type SyncContext } from "./full-sync";
import { hashBytes } from "./digest";
import type { VaultFile } from "./ports";
import type { DeleteOperation, MoveOperation, SourceState } from "./protocol";
import { readWhole } from "./read-file";
import { findExclusion, isAttachment } from "./rules";
import { type Sender, sendChanges, sendFiles, type SendReport, type Upload } from "./upload";

/** What is to be sent, sorted by how. */
interface Work {
  readonly moves: MoveOperation[];
  readonly deletes: DeleteOperation[];
  readonly uploads: Upload[];
  readonly later: string[];
}

/** How it ended; errors are exceptions. */
export interface FlushOutcome {
  /** Files to look at again soon. */
  readonly later: string[];
  /** Whether the server holds newer versions: only a plan tells whether this device wrote those too. */
  readonly mustCompare: boolean;
}

/** Sends changes of single files. */
export async function runFlush(context: SyncContext, source: SourceState, ripe: RipeChanges): Promise<FlushOutcome> {
  const { board, cache } = context;
  const work = await sortOut(context, ripe);
  const total = work.moves.length + work.deletes.length + work.uploads.length;
  if (total === 0) return { later: work.later, mustCompare: false };
  board.update({ phase: "sending", done: 0, total });
  const sender = makeSender(context, limitsOf(source));
  const moved = await sendChanges(sender, work.moves);
  for (const move of moved.unknownMoves) {
    work.deletes.push({ op: "delete", path: move.from, ts: move.ts });
    work.uploads.push(...uploadOf(context, move.to));
  }
  const deleted = await deleteKnown(context, sender, work.deletes);
  const sent = await sendFiles(sender, work.uploads);
  for (const report of [moved, deleted, sent]) noteReport(board, report);
  const changed = await bringBack(context, sender, sent);
  await cache.save();
  const again = [...work.later, ...moved.later, ...sent.later, ...sent.conflicts, ...changed];
  const mustCompare = [...sent.superseded.values()].some((serverHash) => serverHash !== null);
  return { later: [...new Set(again)], mustCompare };
}

async function sortOut(context: SyncContext, ripe: RipeChanges): Promise<Work> {
  const { choice, sendsAttachments } = context.settings;
  const work: Work = { moves: [], deletes: [], uploads: [], later: [] };
  const belongs = (path: string): boolean => findExclusion(choice, path, 0) === null;
  const remove = (path: string, ts: number): void => {
    if (belongs(path)) work.deletes.push({ op: "delete", path, ts });
    context.board.noteProblem(path, null);
  };
  for (const [path, change] of ripe.changes) {
    const file = findFile(context, path);
    const included = file !== null && findExclusion(choice, path, file.sizeBytes) === null;
    if (change.kind === "delete") {
      remove(path, change.atMs);
    } else if (change.kind === "move" && (!included || !belongs(change.from))) {
      remove(change.from, change.atMs);
      if (included) work.uploads.push({ path, vaultPath: file.path });
    } else if (change.kind === "move" && included) {
      await sortOutMove(context, work, { path, file, from: change.from, atMs: change.atMs });
    } else if (file === null) {
      remove(path, context.ports.clock.nowMs());
    } else if (included && (sendsAttachments || !isAttachment(path))) {
      work.uploads.push({ path, vaultPath: file.path });
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
    // A file whose own time lies ahead would else stay at the place that it left.
    const ts = Math.max(atMs, content.file.modifiedMs + 1);
    work.moves.push({ op: "move", from, to: path, hash: known ?? hash, ts });
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
 * Deletes files. One whose own time lies ahead, by a wrong clock or by being copied, would outlive its deletion;
 * so what the server keeps for that reason is deleted as the version that was here.
 */
async function deleteKnown(context: SyncContext, sender: Sender, deletes: DeleteOperation[]): Promise<SendReport> {
  const report = await sendChanges(sender, deletes);
  const again = deletes.flatMap(({ op, path, ts }): DeleteOperation[] => {
    const kept = report.superseded.get(path);
    return kept != null && kept === context.cache.findLast(path) ? [{ op, path, ts, if_match: kept }] : [];
  });
  for (const { path } of again) report.superseded.delete(path);
  noteReport(context.board, await sendChanges(sender, again));
  return report;
}

/**
 * A file that comes back, such as from the trash, is older than its deletion and would lose against it.
 * It is here and the server has none: so it is put on that condition, whatever was deleted there and when.
 */
async function bringBack(context: SyncContext, sender: Sender, report: SendReport): Promise<string[]> {
  const gone = [...report.superseded].filter(([, serverHash]) => serverHash === null).map(([path]) => path);
  const uploads = gone.flatMap((path) => uploadOf(context, path));
  const sent = await sendFiles(sender, uploads.map((upload) => ({ ...upload, replaces: "nothing" as const })));
  noteReport(context.board, sent);
  return [...sent.later, ...sent.conflicts];
}

function uploadOf(context: SyncContext, path: string): Upload[] {
  const file = findFile(context, path);
  return file === null ? [] : [{ path, vaultPath: file.path }];
}

/** Finds a file by either spelling of its path. */
function findFile({ ports }: SyncContext, path: string): VaultFile | null {
  return ports.vault.findFile(path) ?? ports.vault.findFile(path.normalize("NFD"));
}
