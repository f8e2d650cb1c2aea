/** What the user is shown of the synchronisation, and who wants to hear of changes. */

import type { Exclusion } from "./rules";
import type { ContentHash, IndexState } from "./protocol";

/** What the engine is at. */
export type Phase =
  | "not paired"
  | "only searches"
  | "idle"
  | "waiting for wi-fi"
  | "looking"
  | "planning"
  | "sending"
  | "finishing"
  | "offline"
  | "failed";

/** Deleting that the engine does not do unasked. */
export interface DeleteGuard {
  readonly wouldDelete: number;
  readonly of: number;
  /** Some of the paths, to recognise what happened. */
  readonly examples: readonly string[];
}

/** Why one file is not in step. */
export interface FileProblem {
  readonly message: string;
  /** The server's newer version, which the user may decide to replace by the vault's. */
  readonly serverHash?: ContentHash | null;
}

/** Everything at one moment. */
export interface SyncStatus {
  readonly phase: Phase;
  readonly done: number;
  readonly total: number;
  /** What went wrong as a whole. */
  readonly message: string | null;
  readonly nextAttemptMs: number | null;
  readonly lastSuccessMs: number | null;
  /** Files that belong to the source. */
  readonly files: number;
  readonly excluded: ReadonlyMap<string, Exclusion>;
  readonly problems: ReadonlyMap<string, FileProblem>;
  /** Changes that wait to be sent. */
  readonly pending: number;
  readonly guard: DeleteGuard | null;
  readonly index: IndexState | null;
}

/** Holds the status and tells of changes. */
export class StatusBoard {
  private status: SyncStatus = {
    phase: "idle",
    done: 0,
    total: 0,
    message: null,
    nextAttemptMs: null,
    lastSuccessMs: null,
    files: 0,
    excluded: new Map(),
    problems: new Map(),
    pending: 0,
    guard: null,
    index: null,
  };
  private readonly listeners = new Set<(status: SyncStatus) => void>();

  get current(): SyncStatus {
    return this.status;
  }

  /** Changes some of it. */
  update(change: Partial<SyncStatus>): void {
    this.status = { ...this.status, ...change };
    for (const listener of this.listeners) listener(this.status);
  }

  /** Records that a file has a problem, or has none any more. */
  noteProblem(path: string, problem: FileProblem | null): void {
    if (problem === null && !this.status.problems.has(path)) return;
    const problems = new Map(this.status.problems);
    if (problem === null) problems.delete(path);
    else problems.set(path, problem);
    this.update({ problems });
  }

  /** Calls back at each change until the returned function is called. */
  subscribe(listener: (status: SyncStatus) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}

/** Says the status in a few words, as the status bar shows it. */
export function summarise(status: SyncStatus, nowMs: number): string {
  if (status.guard !== null && status.phase === "idle") {
    return `asks before deleting ${status.guard.wouldDelete} files`;
  }
  switch (status.phase) {
    case "not paired":
    case "only searches":
    case "waiting for wi-fi":
    case "planning":
    case "finishing":
      return status.phase;
    case "looking":
    case "sending":
      return `${status.phase} ${status.done}/${status.total}`;
    case "offline":
    case "failed": {
      const waitMs = Math.max(0, (status.nextAttemptMs ?? nowMs) - nowMs);
      return status.nextAttemptMs === null ? status.phase : `${status.phase}, next try in ${Math.ceil(waitMs / 1000)} s`;
    }
    case "idle":
      return summariseIdle(status);
  }
}

function summariseIdle(status: SyncStatus): string {
  const behind = (status.index?.queued ?? 0) + (status.index?.running ?? 0);
  if (behind > 0) return `indexing ${behind}`;
  if (status.problems.size > 0) return `${status.problems.size} not in step`;
  if (status.pending > 0) return `${status.pending} to send`;
  return "in step";
}
