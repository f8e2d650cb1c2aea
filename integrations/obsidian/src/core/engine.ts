/**
 * Decides when to do what: one piece of work at a time, changes after a pause, the whole vault at the start
 * and every few hours, longer and longer waits while the server is away. Does no work by itself.
 */

import type { Api } from "./api";
import { Backoff } from "./backoff";
import { DirtyMap } from "./dirty-map";
import { ConnectionError, describeError, ServerError } from "./errors";
import { type FullSyncOutcome, limitsOf, makeSender, runFullSync, type SyncContext } from "./full-sync";
import { runFlush } from "./flush";
import { HashCache } from "./hash-cache";
import { toWirePath } from "./paths";
import { openSource } from "./open-source";
import type { CancelTimer, Ports } from "./ports";
import type { SourceState } from "./protocol";
import { DEFAULT_TIMING, type SyncSettings, type Timing } from "./settings";
import { type IndexFailure, SourceApi } from "./source-api";
import { type Phase, StatusBoard } from "./status";
import { sendFiles } from "./upload";

/** More changes than this are found faster by comparing the whole vault. */
const MANY_CHANGES = 1000;

/** What an engine is made of. */
export interface EngineParts {
  readonly ports: Ports;
  readonly api: Api;
  readonly settings: () => SyncSettings;
  readonly timing?: Timing;
}

/** Keeps the server's mirror in step with the vault. */
export class SyncEngine {
  readonly board = new StatusBoard();
  private readonly ports: Ports;
  private readonly settings: () => SyncSettings;
  private readonly timing: Timing;
  private readonly sourceApi: SourceApi;
  private readonly cache: HashCache;
  private readonly dirty: DirtyMap;
  private readonly backoff: Backoff;
  private source: SourceState | null = null;
  private fullDueMs: number | null = null;
  private indexDueMs: number | null = null;
  private notBeforeMs = 0;
  private agreedDeletes: number | null = null;
  private stopped = true;
  private cacheLoaded = false;
  private cancelTimer: CancelTimer | null = null;
  private working: Promise<void> | null = null;

  constructor(parts: EngineParts) {
    this.ports = parts.ports;
    this.settings = parts.settings;
    this.timing = parts.timing ?? DEFAULT_TIMING;
    this.sourceApi = new SourceApi(parts.api, () => parts.settings().sourceId);
    this.cache = new HashCache(parts.ports.storage);
    this.dirty = new DirtyMap(this.timing);
    this.backoff = new Backoff(() => parts.ports.clock.random());
  }

  /** Begins: compares the whole vault, then follows its changes. */
  start(): void {
    this.stopped = false;
    this.requestFull();
  }

  /** Ends; work under way ends at its next request's reply. */
  stop(): void {
    this.stopped = true;
    this.cancelTimer?.();
    this.cancelTimer = null;
  }

  /** Compares the whole vault now, whatever waits; resolves when nothing is left to do at once. */
  async syncNow(): Promise<void> {
    this.notBeforeMs = 0;
    this.requestFull();
    await this.settled();
  }

  /** Looks anew after something that may end a failure: settings changed, the network came back. */
  retry(): void {
    this.backoff.reset();
    this.notBeforeMs = 0;
    this.source = null;
    this.requestFull();
  }

  /** Looks again at what is due, since another file may be open in the editor now. */
  wake(): void {
    this.schedule();
  }

  /** Deletes what the guard asked about, if it is still that many files. */
  async agreeToDelete(count: number): Promise<void> {
    this.agreedDeletes = count;
    await this.syncNow();
  }

  /** Replaces the server's newer version by the vault's, because the user said so. */
  async keepMine(path: string): Promise<void> {
    const serverHash = this.board.current.problems.get(path)?.serverHash;
    const file = this.ports.vault.findFile(path);
    if (file === null || serverHash === undefined) return;
    const context = this.context();
    const sender = makeSender(context, limitsOf(await this.knownSource(context)));
    await sendFiles(sender, [{ path, vaultPath: file.path, replaces: serverHash ?? "nothing" }]);
    // Whatever came of it, even a third version meanwhile: the comparison tells how things stand.
    await this.syncNow();
  }

  /** Lists what the server holds and could not index. */
  listIndexFailures(): Promise<IndexFailure[]> {
    return this.sourceApi.listFailures();
  }

  /** Notes that a file was created or written. */
  noteChanged(vaultPath: string): void {
    this.dirty.put(toWirePath(vaultPath), this.nowMs());
    this.noteDirty();
  }

  /** Notes that a file was deleted. */
  noteDeleted(vaultPath: string): void {
    this.dirty.delete(toWirePath(vaultPath), this.nowMs());
    this.noteDirty();
  }

  /** Notes that a file has another name. */
  noteRenamed(fromVaultPath: string, toVaultPath: string): void {
    const [from, to] = [toWirePath(fromVaultPath), toWirePath(toVaultPath)];
    if (from !== to) this.dirty.rename(from, to, this.nowMs());
    this.noteDirty();
  }

  /** Notes that a folder was renamed or deleted: what is below it is compared anew. */
  noteFolderChanged(vaultPath: string): void {
    this.dirty.touchFolder(toWirePath(vaultPath), this.nowMs());
    this.noteDirty();
  }

  /** Resolves when no work is under way. */
  async settled(): Promise<void> {
    while (this.working !== null) await this.working;
  }

  private requestFull(): void {
    this.fullDueMs = this.nowMs();
    this.schedule();
  }

  private noteDirty(): void {
    this.board.update({ pending: this.dirty.size });
    if (this.dirty.size > MANY_CHANGES && this.fullDueMs === null) this.fullDueMs = this.nowMs() + this.timing.quietMs;
    this.schedule();
  }

  /** Sets the one timer to the time at which there is something to do. */
  private schedule(): void {
    this.cancelTimer?.();
    this.cancelTimer = null;
    if (this.stopped || this.working !== null || this.holdBack()) return;
    const dirtyMs = this.dirty.nextRipeMs(this.activePath());
    const due = [this.fullDueMs, dirtyMs, this.indexDueMs].filter((time) => time !== null);
    if (due.length === 0) return;
    const delayMs = Math.max(Math.min(...due), this.notBeforeMs) - this.nowMs();
    if (delayMs <= 0) this.work();
    else this.cancelTimer = this.ports.clock.setTimer(delayMs, () => this.work());
  }

  /** Says whether nothing may be sent, and shows why. */
  private holdBack(): boolean {
    const settings = this.settings();
    const reason = settings.onlySearches
      ? "only searches"
      : settings.sourceId === ""
        ? "not paired"
        : settings.networkAllowed()
          ? null
          : "waiting for wi-fi";
    if (reason !== null) this.board.update({ phase: reason, message: null, nextAttemptMs: null });
    return reason !== null;
  }

  private work(): void {
    this.cancelTimer = null;
    if (this.working !== null) return;
    this.working = this.perform().finally(() => {
      this.working = null;
      this.schedule();
    });
  }

  private async perform(): Promise<void> {
    try {
      if (!this.cacheLoaded) await this.cache.load();
      this.cacheLoaded = true;
      await this.performNext();
      this.backoff.reset();
      this.notBeforeMs = 0;
      this.rest();
    } catch (error) {
      this.noteFailure(error);
    }
    this.board.update({ pending: this.dirty.size });
  }

  private async performNext(): Promise<void> {
    const nowMs = this.nowMs();
    if (this.fullDueMs !== null && this.fullDueMs <= nowMs) {
      await this.performFull();
    } else if ((this.dirty.nextRipeMs(this.activePath()) ?? Infinity) <= nowMs) {
      await this.performFlush();
    } else if (this.indexDueMs !== null && this.indexDueMs <= nowMs) {
      this.noteSource(await this.sourceApi.getSource());
    }
  }

  private async performFull(): Promise<void> {
    const known = this.dirty.takeAll(this.nowMs(), this.activePath());
    const agreedDeletes = this.agreedDeletes;
    this.agreedDeletes = null;
    try {
      const outcome = await runFullSync(this.context(), { prefixes: [""], agreedDeletes });
      this.board.update({ lastSuccessMs: this.nowMs(), guard: outcome.guard });
      this.noteOutcome(outcome);
      this.fullDueMs = this.nowMs() + this.timing.fullPlanMs;
    } catch (error) {
      this.dirty.restore(known, this.nowMs());
      throw error;
    }
  }

  private async performFlush(): Promise<void> {
    const ripe = this.dirty.takeRipe(this.nowMs(), this.activePath());
    try {
      const context = this.context();
      const source = await this.knownSource(context);
      if (ripe.changes.size > 0) {
        const { later, mustCompare } = await runFlush(context, source, ripe);
        this.lookAgainAt(later);
        if (mustCompare) this.fullDueMs = this.nowMs();
        this.noteSource({ ...source, index: { queued: ripe.changes.size } });
      }
      if (ripe.prefixes.length > 0) {
        const outcome = await runFullSync(context, { prefixes: ripe.prefixes, agreedDeletes: null });
        this.noteOutcome(outcome);
        if (outcome.guard !== null) this.board.update({ guard: outcome.guard });
      }
      this.board.update({ lastSuccessMs: this.nowMs() });
      // The question may have answered itself, as when a vault has been loaded to its end.
      if (this.board.current.guard !== null) this.fullDueMs = this.nowMs();
    } catch (error) {
      this.dirty.restore(ripe, this.nowMs());
      throw error;
    }
  }

  private noteOutcome(outcome: FullSyncOutcome): void {
    this.noteSource(outcome.source);
    this.lookAgainAt(outcome.later);
  }

  private lookAgainAt(paths: readonly string[]): void {
    for (const path of paths) {
      if (!this.dirty.has(path)) this.dirty.put(path, this.nowMs());
    }
  }

  /** Keeps the server's view, and looks again while it is still indexing. */
  private noteSource(source: SourceState): void {
    this.source = source;
    const index = source.index ?? null;
    const busy = (index?.queued ?? 0) + (index?.running ?? 0) > 0;
    this.indexDueMs = busy ? this.nowMs() + this.timing.indexPollMs : null;
    this.board.update({ index });
  }

  private async knownSource(context: SyncContext): Promise<SourceState> {
    this.source ??= await openSource(context);
    return this.source;
  }

  private rest(): void {
    this.board.update({ phase: "idle", done: 0, total: 0, message: null, nextAttemptMs: null });
  }

  private noteFailure(error: unknown): void {
    const message = describeError(error);
    this.source = null;
    this.indexDueMs = null;
    if (error instanceof ServerError && error.needsPairing) {
      // Asking again with the same key would change nothing; `retry` begins anew after pairing.
      this.fullDueMs = null;
      this.notBeforeMs = Infinity;
      this.board.update({ phase: "not paired", message, nextAttemptMs: null });
      return;
    }
    const asked = error instanceof ServerError ? (error.retryAfterMs ?? 0) : 0;
    this.notBeforeMs = this.nowMs() + Math.max(asked, this.backoff.next());
    if (mustPlanAnew(error)) this.fullDueMs = this.nowMs();
    const phase: Phase = error instanceof ConnectionError ? "offline" : "failed";
    this.board.update({ phase, message, nextAttemptMs: this.notBeforeMs });
  }

  private context(): SyncContext {
    const { ports, cache, board } = this;
    const maySend = (path: string): boolean => this.dirty.isSettled(path, this.nowMs(), this.activePath());
    return { ports, api: this.sourceApi, cache, board, settings: this.settings(), maySend };
  }

  private activePath(): string | null {
    const path = this.ports.vault.activePath();
    return path === null ? null : toWirePath(path);
  }

  private nowMs(): number {
    return this.ports.clock.nowMs();
  }
}

/** The server forgot the plan or the source, or another device changed the rules. */
function mustPlanAnew(error: unknown): boolean {
  return error instanceof ServerError && (error.needsNewPlan || error.code === "rules_changed" || error.status === 404);
}
