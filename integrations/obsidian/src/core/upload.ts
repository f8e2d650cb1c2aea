/** Sending files: read, hash, inline or as a blob, and what the server made of each. */

import { sendBatches } from "./batches";
import { sendBlob } from "./blobs";
import { hashBytes } from "./digest";
import { ConnectionError, describeError, FileChangedError, ServerError } from "./errors";
import type { HashCache } from "./hash-cache";
import { type PreparedOperation, pathOf, prepare, putBlob, putInline, type Replaces } from "./operations";
import type { Ports } from "./ports";
import type { ContentHash, DeleteOperation, Limits, MoveOperation, OperationResult } from "./protocol";
import { readWhole } from "./read-file";
import type { SourceApi } from "./source-api";

/** What sending needs. */
export interface Sender {
  readonly ports: Ports;
  readonly api: SourceApi;
  readonly cache: HashCache;
  readonly limits: Limits;
  /** Is called after each operation with how many are done. */
  readonly onProgress: (done: number) => void;
}

/** A file to put. */
export interface Upload {
  readonly path: string;
  /** The vault's spelling of the path. */
  readonly vaultPath: string;
  /** What to replace on the server however old ours is. */
  readonly replaces?: Replaces;
}

/** What became of everything that was sent. */
export interface SendReport {
  /** Sent, or known there already. */
  readonly done: string[];
  /** To be sent again later: it changed while it was read, or the server asks for it. */
  readonly later: string[];
  /** The server holds a newer version, from another device: its hash, or null where it was deleted there. */
  readonly superseded: Map<string, ContentHash | null>;
  /** The server's version is not the one that was to be replaced. */
  readonly conflicts: string[];
  /** Moves whose content the server does not have: the file is to be put. */
  readonly unknownMoves: MoveOperation[];
  /** Refused, and why. */
  readonly failed: Map<string, string>;
}

/** Puts files, in the order given. */
export async function sendFiles(sender: Sender, uploads: readonly Upload[]): Promise<SendReport> {
  const report = emptyReport();
  await send(sender, prepareFiles(sender, uploads, report), report);
  return report;
}

/** Sends moves and deletions. */
export async function sendChanges(
  sender: Sender,
  operations: readonly (MoveOperation | DeleteOperation)[],
): Promise<SendReport> {
  const report = emptyReport();
  await send(sender, operations.map(prepare), report);
  return report;
}

async function send(
  sender: Sender,
  operations: AsyncIterable<PreparedOperation> | readonly PreparedOperation[],
  report: SendReport,
): Promise<void> {
  let done = 0;
  const onResult = (operation: PreparedOperation, result: OperationResult): void => {
    note(report, operation, result);
    done += 1;
    sender.onProgress(done);
  };
  await sendBatches(sender.api, iterate(operations), { limits: sender.limits, onResult });
}

async function* iterate<T>(items: AsyncIterable<T> | readonly T[]): AsyncGenerator<T, void> {
  yield* items;
}

/** Reads one file after the other, only as fast as batches are sent. */
async function* prepareFiles(
  sender: Sender,
  uploads: readonly Upload[],
  report: SendReport,
): AsyncGenerator<PreparedOperation, void> {
  for (const upload of uploads) {
    try {
      yield await prepareFile(sender, upload);
    } catch (error) {
      if (error instanceof ConnectionError) throw error;
      if (error instanceof ServerError && error.status !== 413 && error.status !== 422) throw error;
      if (error instanceof FileChangedError || error instanceof ServerError) report.later.push(upload.path);
      else report.failed.set(upload.path, describeError(error));
    }
  }
}

async function prepareFile(sender: Sender, upload: Upload): Promise<PreparedOperation> {
  const { ports, cache, limits, api } = sender;
  const content = await readWhole(ports.vault, upload.vaultPath);
  const hash = await hashBytes(content.bytes, ports.hash);
  cache.remember(content.file, hash);
  const head = { content, hash, replaces: upload.replaces };
  if (content.bytes.length <= Math.min(limits.blob_chunk, limits.max_batch_bytes / 2)) {
    return prepare(putInline(head));
  }
  await sendBlob(api, { hash, bytes: content.bytes, partBytes: limits.blob_chunk });
  return prepare(putBlob(head));
}

/** Sorts a result by what is to be done about it. */
function note(report: SendReport, { operation }: PreparedOperation, result: OperationResult): void {
  const path = pathOf(operation);
  if (result.result === "superseded") {
    report.superseded.set(path, result.etag ?? null);
  } else if (result.status < 300 || result.status === 415) {
    // 415: stored, and of a kind that the server does not index; it says so in its list of files.
    report.done.push(path);
  } else if (operation.op === "move" && (result.status === 404 || result.status === 409)) {
    report.unknownMoves.push(operation);
  } else if (result.status === 412) {
    report.conflicts.push(path);
  } else if (result.status === 404 || result.error?.code === "digest_mismatch") {
    // The blob is gone, or the content is not what its hash says: both end by sending again.
    report.later.push(path);
  } else if (result.status === 429 || result.status === 503 || result.status === 507) {
    // Not about this file: nothing will be taken for a while.
    throw new ServerError(result.status, result.error?.code ?? "", result.error?.message ?? "the server is busy or full");
  } else {
    report.failed.set(path, result.error?.message ?? `the server refused it with status ${result.status}`);
  }
}

function emptyReport(): SendReport {
  return { done: [], later: [], superseded: new Map(), conflicts: [], unknownMoves: [], failed: new Map() };
}
