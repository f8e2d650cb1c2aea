/** Time and hashing as every Obsidian has them, on the desk and on the phone. */

import type { CancelTimer, ClockPort, HashPort } from "../core/ports";

export class WindowClock implements ClockPort {
  nowMs(): number {
    return Date.now();
  }

  setTimer(delayMs: number, callback: () => void): CancelTimer {
    // A longer delay would wrap around to none.
    const timer = window.setTimeout(callback, Math.min(delayMs, 0x7fffffff));
    return () => window.clearTimeout(timer);
  }

  yieldTurn(): Promise<void> {
    return new Promise((resolve) => window.setTimeout(resolve, 0));
  }

  random(): number {
    return Math.random();
  }
}

export class WebHash implements HashPort {
  async sha256(bytes: Uint8Array): Promise<string> {
    const digest = await window.crypto.subtle.digest("SHA-256", new Uint8Array(bytes));
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}
