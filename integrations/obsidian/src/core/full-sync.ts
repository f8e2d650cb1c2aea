/**
 * Comparing the whole vault, or some folders of it, with the server's mirror, and making the mirror true:
 * put source, digest, plan, upload, moves, commit. Every step can be repeated; interrupted means again.
 */

import { digestTree, hashBytes } from "./digest";
import { ServerError } from "./errors";
import type { HashCache } from "./hash-cache";
import type { Ports } from "./ports";
import {
  type ContentHash, DEFAULT_LIMITS, type Limits, type MoveOperation, type Plan, type PlannedUpload, type Scope,
  type SourceState,
} from "./protocol";
import { openSource } from "./open-source";
import { isAttachment } from "./rules";
import type { SyncSettings } from "./settings";
import { type Hashes, hashSnapshot, type Snapshot, takeSnapshot, toRows } from "./snapshot";
import type { SourceApi } from "./source-api";
import type { DeleteGuard, StatusBoard } from "./status";
import { type Sender, sendChanges, sendFiles, type SendReport, type Upload } from "./upload";

const MARKER = "in-step";

/** What one look at the vault works with. */
export interface SyncContext {
  readonly ports: Ports;
  readonly api: SourceApi;
  readonly cache: HashCache;
  readonly board: StatusBoard;
  readonly settings: SyncSettings;
  /** Says whether a file may be read now: not while someone is typing in it. */
  readonly maySend: (path: string) => boolean;
}

/** What to compare, and how much may be deleted. */
export interface FullSyncRequest {
  /** `[""]` is the whole vault. */
  readonly prefixes: readonly string[];
  /** The number of deletions that the user has agreed to; null where none were asked about. */
  readonly agreedDeletes: number | null;
}

/** How it ended; errors are exceptions. */
export interface FullSyncOutcome {
  readonly source: SourceState;
  /** Files to look at again soon. */
  readonly later: string[];
  readonly guard: DeleteGuard | null;
}

/** How much one request may carry, by what the server said. */
export function limitsOf(source: SourceState): Limits {
  return { ...DEFAULT_LIMITS, ...source.limits };
}

/** Brings the server's mirror in step with the vault, below the prefixes. */
export async function runFullSync(context: SyncContext, request: FullSyncRequest): Promise<FullSyncOutcome> {
  const { api, board, cache, ports, settings } = context;
  const whole = request.prefixes.includes("");
  board.update({ phase: "looking", done: 0, total: 0 });
  const source = await openSource(context);
  const snapshot = takeSnapshot(ports.vault, settings.choice, request.prefixes);
  if (whole) {
    cache.keepOnly(snapshot.files);
    board.update({ files: snapshot.files.size, excluded: snapshot.excluded, problems: new Map() });
  }
  noteCollisions(board, snapshot);
  const fingerprint = await fingerprintOf(snapshot, context);
  if (whole && (await isInStep(context, source, fingerprint))) return { source, later: [], guard: null };

  board.update({ total: snapshot.files.size });
  const hashes = await hashSnapshot(snapshot, ports, {
    cache,
    mayRead: (path) => context.maySend(path) && (settings.sendsAttachments || !isAttachment(path)),
    onProgress: (done) => board.update({ done }),
  });
  for (const [path, message] of hashes.unreadable) board.noteProblem(path, { message });
  await cache.save();
  if (whole && (await equalsDigest(source, hashes, ports))) {
    await keepMarker(context, source, fingerprint);
    return { source, later: [], guard: null };
  }

  const plan = await makePlan(context, source, { request, snapshot, hashes });
  const later = await carryOut(context, source, { plan, snapshot, unreadable: hashes.unreadable });
  noteCollisions(board, snapshot);
  const asked = guardOf(plan, { request, snapshot });
  if (asked !== null) later.push(...(await carryOutMoves(context, source, { plan, snapshot })));
  const guard = asked ?? (await commit(context, request, plan));
  await cache.save();
  const after = await api.getSource();
  // What is left undone must be found again at the next start, so only a clean end is remembered.
  if (whole && guard === null && later.length === 0 && board.current.problems.size === 0) {
    await keepMarker(context, after, fingerprint);
  }
  return { source: after, later: [...later, ...hashes.unreadable.keys()], guard };
}

/** Folders end in a slash on the wire, where a prefix is the beginning of a text. */
function scopeOf(request: FullSyncRequest): Scope {
  return { prefixes: request.prefixes.map((prefix) => (prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`)) };
}

async function makePlan(
  context: SyncContext,
  source: SourceState,
  looked: { request: FullSyncRequest; snapshot: Snapshot; hashes: Hashes },
): Promise<Plan> {
  context.board.update({ phase: "planning" });
  return context.api.plan({
    plan_id: null,
    rules_hash: source.rules_hash,
    scope: scopeOf(looked.request),
    complete: true,
    device_time: context.ports.clock.nowMs(),
    files: toRows(looked.snapshot, looked.hashes),
  }, limitsOf(source).max_plan_files);
}

/** Uploads what the plan asks for; gives what has to be looked at again. */
async function carryOut(
  context: SyncContext,
  source: SourceState,
  work: { plan: Plan; snapshot: Snapshot; unreadable: ReadonlyMap<string, string> },
): Promise<string[]> {
  const { board, settings } = context;
  const { plan, snapshot, unreadable } = work;
  const asked = (plan.hash_wanted ?? []).map((path): PlannedUpload => ({ path, why: "changed" }));
  const wanted = [...(plan.upload ?? []), ...asked];
  const mine = wanted.filter(({ path }) => !unreadable.has(path) && (settings.sendsAttachments || !isAttachment(path)));
  const uploads = mine.filter(({ path }) => context.maySend(path)).flatMap((upload) => toUpload(snapshot, upload));
  board.update({ phase: "sending", done: 0, total: uploads.length });
  const sender = makeSender(context, limitsOf(source));
  const sent = await sendFiles(sender, uploads);
  noteReport(board, sent);
  const unsettled = mine.map(({ path }) => path).filter((path) => !context.maySend(path));
  for (const { path, server } of plan.superseded ?? []) {
    board.noteProblem(path, { message: supersededMessage(server?.device), serverHash: server?.hash ?? null });
  }
  for (const { path, why } of plan.skipped ?? []) {
    board.noteProblem(path, { message: `the server does not take it: ${why}` });
  }
  return [...unsettled, ...sent.later];
}

/**
 * Moves what has another name now. The commit does that too; where the guard holds the commit back, it need not
 * hold back what nobody has to be asked about.
 */
async function carryOutMoves(
  context: SyncContext,
  source: SourceState,
  { plan, snapshot }: { plan: Plan; snapshot: Snapshot },
): Promise<string[]> {
  const sender = makeSender(context, limitsOf(source));
  const nowMs = context.ports.clock.nowMs();
  const moves = (plan.move ?? []).map((move): MoveOperation => ({ op: "move", ...move, ts: nowMs }));
  const moved = await sendChanges(sender, moves);
  const put = await sendFiles(sender, moved.unknownMoves.flatMap((move) => toUpload(snapshot, { path: move.to })));
  noteReport(context.board, put);
  return [...moved.later, ...put.later];
}

/** Ends the plan; gives the guard where the server holds back deletions that have become too many. */
async function commit(context: SyncContext, request: FullSyncRequest, plan: Plan): Promise<DeleteGuard | null> {
  context.board.update({ phase: "finishing" });
  const missing = plan.missing ?? [];
  const wouldDelete = plan.delete_guard?.would_delete ?? missing.length;
  try {
    await context.api.commit({
      plan_id: plan.plan_id,
      scope: scopeOf(request),
      delete_missing: true,
      expected_deletes: wouldDelete,
    });
    return null;
  } catch (error) {
    if (!(error instanceof ServerError) || error.code !== "mass_delete_guard") throw error;
    return { wouldDelete, of: plan.delete_guard?.of ?? 0, examples: missing.slice(0, 10).map((file) => file.path) };
  }
}

/** Makes what sends, counting on the board. */
export function makeSender(context: SyncContext, limits: Limits): Sender {
  const { api, board, cache, ports } = context;
  return { api, cache, limits, ports, onProgress: (done) => board.update({ done }) };
}

/** Puts on the board what became of files. */
export function noteReport(board: StatusBoard, report: SendReport): void {
  for (const path of [...report.done, ...report.later]) board.noteProblem(path, null);
  for (const [path, message] of report.failed) board.noteProblem(path, { message });
  for (const [path, serverHash] of report.superseded) {
    board.noteProblem(path, { message: supersededMessage(null), serverHash });
  }
  for (const path of report.conflicts) {
    board.noteProblem(path, { message: "the server's version changed meanwhile; comparing again" });
  }
}

/** Says that a newer version wins. */
function supersededMessage(device: string | null | undefined): string {
  return `the server has a newer version${device == null ? "" : ` from ${device}`}`;
}

function noteCollisions(board: StatusBoard, { collisions }: Snapshot): void {
  for (const path of collisions) {
    board.noteProblem(path, { message: "another file has the same name, written with other Unicode characters" });
  }
}

function toUpload(snapshot: Snapshot, wanted: Pick<PlannedUpload, "path" | "if_match" | "if_none_match">): Upload[] {
  const file = snapshot.files.get(wanted.path);
  if (file === undefined) return [];
  const replaces = wanted.if_none_match === "*" ? "nothing" : wanted.if_match;
  return [{ path: wanted.path, vaultPath: file.path, replaces }];
}

/** Finds whether the user has to be asked before files are deleted. */
function guardOf(plan: Plan, looked: { request: FullSyncRequest; snapshot: Snapshot }): DeleteGuard | null {
  const missing = plan.missing ?? [];
  const wouldDelete = plan.delete_guard?.would_delete ?? missing.length;
  const of = plan.delete_guard?.of ?? 0;
  // An empty listing is a vault that has not been loaded, more often than one that was emptied.
  const empty = wouldDelete > 0 && looked.snapshot.files.size === 0 && looked.request.prefixes.includes("");
  const mustAsk = plan.delete_guard?.needs_confirm === true || empty;
  if (!mustAsk || looked.request.agreedDeletes === wouldDelete) return null;
  return { wouldDelete, of, examples: missing.slice(0, 10).map((file) => file.path) };
}

/** What was true of vault and server when they were last in step. */
interface Marker {
  sourceId: string;
  digest: string;
  fingerprint: string;
}

/** Hashes names, sizes and times: cheap, and equal only where nothing was touched. */
async function fingerprintOf(snapshot: Snapshot, { ports, settings }: SyncContext): Promise<string> {
  const rows = [...snapshot.files].map(([path, file]) => `${path}\0${file.sizeBytes}\0${file.modifiedMs}`).sort();
  rows.push(String(settings.sendsAttachments));
  return hashBytes(new TextEncoder().encode(rows.join("\n")), ports.hash);
}

async function isInStep(context: SyncContext, source: SourceState, fingerprint: string): Promise<boolean> {
  const kept = (await context.ports.storage.load(MARKER)) as Partial<Marker> | null;
  return (
    source.digest !== undefined &&
    kept?.digest === source.digest &&
    kept.fingerprint === fingerprint &&
    kept.sourceId === context.settings.sourceId
  );
}

async function keepMarker(context: SyncContext, source: SourceState, fingerprint: string): Promise<void> {
  if (source.digest === undefined) return;
  const marker: Marker = { sourceId: context.settings.sourceId, digest: source.digest, fingerprint };
  await context.ports.storage.save(MARKER, marker);
}

async function equalsDigest(source: SourceState, hashes: Hashes, ports: Ports): Promise<boolean> {
  const known = new Map<string, ContentHash>();
  for (const [path, hash] of hashes.byPath) {
    if (hash === null) return false;
    known.set(path, hash);
  }
  return source.digest !== undefined && (await digestTree(known, ports.hash)) === source.digest;
}
