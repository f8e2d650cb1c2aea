/**
 * What changed since it was last sent. Only the last change of a path counts; renames are kept as moves,
 * so that the server need not be sent what it already has.
 */

import { isUnder } from "./paths";
import type { Timing } from "./settings";

/** What to do about a path. */
export type Change =
  | { readonly kind: "put" }
  | { readonly kind: "delete"; readonly atMs: number }
  | { readonly kind: "move"; readonly from: string; readonly atMs: number };

interface Entry {
  readonly change: Change;
  readonly firstMs: number;
  readonly lastMs: number;
}

/** Changes that are ready to be sent. */
export interface RipeChanges {
  readonly changes: Map<string, Change>;
  /** Folders of which it is not known what changed in them. */
  readonly prefixes: string[];
}

/** Collects changes until they are ripe. */
export class DirtyMap {
  private readonly entries = new Map<string, Entry>();
  private readonly prefixes = new Map<string, number>();

  constructor(private readonly timing: Timing) {}

  get size(): number {
    return this.entries.size + this.prefixes.size;
  }

  /** Says whether a path waits to be sent. */
  has(path: string): boolean {
    return this.entries.has(path);
  }

  /** Notes that a file is new or has other content. */
  put(path: string, nowMs: number): void {
    const before = this.entries.get(path)?.change;
    // What was moved here and changed then is still moved first: the server keeps its history.
    this.set(path, before?.kind === "move" ? before : { kind: "put" }, nowMs);
  }

  /** Notes that a file is gone. */
  delete(path: string, nowMs: number): void {
    const before = this.entries.get(path)?.change;
    this.set(path, { kind: "delete", atMs: nowMs }, nowMs);
    if (before?.kind === "move") this.leave(before.from, nowMs);
  }

  /** Notes that a file has another name; a chain of renames is one move. */
  rename(from: string, to: string, nowMs: number): void {
    const before = this.entries.get(from)?.change;
    this.entries.delete(from);
    const origin = before?.kind === "move" ? before.from : from;
    // What only passed through here may have taken the place of a file that the server still has.
    if (origin !== from) this.leave(from, nowMs);
    if (origin === to) {
      this.set(to, { kind: "put" }, nowMs);
      return;
    }
    // A place that another file was just moved away from is no place to move to: both are put instead.
    const left = [...this.entries.values()].some(({ change }) => change.kind === "move" && change.from === to);
    if (left) {
      this.set(to, { kind: "put" }, nowMs);
      this.leave(origin, nowMs);
      return;
    }
    this.set(to, { kind: "move", from: origin, atMs: nowMs }, nowMs);
  }

  /** Notes that a folder was renamed or deleted: whatever is below it is compared anew. */
  touchFolder(prefix: string, nowMs: number): void {
    for (const path of this.entries.keys()) {
      if (isUnder(path, prefix)) this.entries.delete(path);
    }
    this.prefixes.set(prefix, nowMs);
  }

  /** Gives the time at which the next change is ripe, or null where there is none. */
  nextRipeMs(activePath: string | null): number | null {
    const times = [...this.ripeTimes(activePath).values()];
    for (const lastMs of this.prefixes.values()) times.push(lastMs + this.timing.quietMs);
    return times.length === 0 ? null : times.reduce((first, time) => Math.min(first, time));
  }

  /** Says whether a file may be read now: not while someone is typing in it. */
  isSettled(path: string, nowMs: number, activePath: string | null): boolean {
    const entry = this.entries.get(path);
    return entry === undefined || path !== activePath || nowMs - entry.lastMs >= this.timing.activeQuietMs;
  }

  /** Takes out what is ripe. */
  takeRipe(nowMs: number, activePath: string | null): RipeChanges {
    const ripe: RipeChanges = { changes: new Map(), prefixes: [] };
    for (const [path, ripeMs] of this.ripeTimes(activePath)) {
      const entry = this.entries.get(path);
      if (entry === undefined || ripeMs > nowMs) continue;
      ripe.changes.set(path, entry.change);
      this.entries.delete(path);
    }
    for (const [prefix, lastMs] of this.prefixes) {
      if (lastMs + this.timing.quietMs > nowMs) continue;
      ripe.prefixes.push(prefix);
      this.prefixes.delete(prefix);
    }
    return ripe;
  }

  /**
   * Takes out everything, since the whole vault is about to be compared. Only the file that someone is typing in
   * stays, to be put later; where it was before, the comparison finds.
   */
  takeAll(nowMs: number, activePath: string | null): RipeChanges {
    const all: RipeChanges = { changes: new Map(), prefixes: [...this.prefixes.keys()] };
    for (const [path, entry] of [...this.entries]) {
      if (this.isSettled(path, nowMs, activePath)) {
        all.changes.set(path, entry.change);
        this.entries.delete(path);
      } else if (entry.change.kind === "move") {
        const { from, atMs } = entry.change;
        this.entries.set(path, { ...entry, change: { kind: "put" } });
        if (!this.entries.has(from) && !all.changes.has(from)) all.changes.set(from, { kind: "delete", atMs });
      }
    }
    this.prefixes.clear();
    return all;
  }

  /** Puts back what could not be sent, where nothing newer is known. */
  restore(ripe: RipeChanges, nowMs: number): void {
    for (const [path, change] of ripe.changes) {
      if (!this.entries.has(path)) this.set(path, change, nowMs);
    }
    for (const prefix of ripe.prefixes) {
      if (!this.prefixes.has(prefix)) this.prefixes.set(prefix, nowMs);
    }
  }

  /**
   * Gives the time at which each change is ripe. What is new at a place that another file moved away from is sent
   * after that move, or it would move along.
   */
  private ripeTimes(activePath: string | null): Map<string, number> {
    const times = new Map([...this.entries].map(([path, entry]) => [path, this.ripeMs(path, entry, activePath)]));
    for (const [path, { change }] of this.entries) {
      if (change.kind !== "move") continue;
      const here = times.get(change.from);
      if (here !== undefined) times.set(change.from, Math.max(here, times.get(path) ?? here));
    }
    return times;
  }

  private ripeMs(path: string, entry: Entry, activePath: string | null): number {
    if (path === activePath) return entry.lastMs + this.timing.activeQuietMs;
    return Math.min(entry.lastMs + this.timing.quietMs, entry.firstMs + this.timing.longestWaitMs);
  }

  /** Notes that nothing is at a path any more, unless something else came there. */
  private leave(path: string, nowMs: number): void {
    if (!this.entries.has(path)) this.set(path, { kind: "delete", atMs: nowMs }, nowMs);
  }

  private set(path: string, change: Change, nowMs: number): void {
    this.entries.set(path, { change, firstMs: this.entries.get(path)?.firstMs ?? nowMs, lastMs: nowMs });
  }
}
