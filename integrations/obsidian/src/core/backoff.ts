/** How long to wait before trying again: longer each time, and never for two devices the same. */

const FIRST_MS = 5_000;
const LONGEST_MS = 5 * 60_000;

/** Counts failures in a row. */
export class Backoff {
  private failures = 0;

  constructor(private readonly random: () => number) {}

  /** Notes a failure and gives the wait: 5 s doubled each time up to 5 min, the upper half of it by chance. */
  next(): number {
    const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures);
    this.failures += 1;
    return Math.max(FIRST_MS, Math.round(whole / 2 + (whole / 2) * this.random()));
  }

  /** Notes a success, or that circumstances changed. */
  reset(): void {
    this.failures = 0;
  }
}
