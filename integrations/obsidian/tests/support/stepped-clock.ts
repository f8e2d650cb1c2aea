/** A clock that stands still until a test moves it. */

import type { CancelTimer, ClockPort } from "../../src/core/ports";

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

export class SteppedClock implements ClockPort {
  private timers: Timer[] = [];

  constructor(private ms = 1_800_000_000_000) {}

  nowMs(): number {
    return this.ms;
  }

  setTimer(delayMs: number, callback: () => void): CancelTimer {
    const timer = { atMs: this.ms + delayMs, callback };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  yieldTurn(): Promise<void> {
    return Promise.resolve();
  }

  random(): number {
    return 0.5;
  }

  /** Moves on; what is due waits for the next `advance`. */
  skip(byMs: number): void {
    this.ms += byMs;
  }

  /** Moves on, calling each timer at its time and waiting for the work that it starts. */
  async advance(byMs: number, settled: () => Promise<void>): Promise<void> {
    const endMs = this.ms + byMs;
    await settled();
    for (;;) {
      const [next] = this.timers.filter((timer) => timer.atMs <= endMs).sort((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.timers = this.timers.filter((timer) => timer !== next);
      this.ms = Math.max(this.ms, next.atMs);
      next.callback();
      await settled();
    }
    this.ms = endMs;
  }
}
