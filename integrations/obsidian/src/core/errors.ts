/** What can go wrong between the plugin and its server, named by what someone can do about it. */

/** The server could not be reached, or broke off; trying again later is the answer. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
}

/** The server answered with an error. */
export class ServerError extends Error {
  override readonly name = "ServerError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** How long the server asks to wait; null where it does not say. */
    readonly retryAfterMs: number | null = null,
    readonly details: unknown = null,
  ) {
    super(message);
  }

  /** Says whether the key is missing, wrong or not for this source: only pairing again helps. */
  get needsPairing(): boolean {
    return this.status === 401 || this.status === 403;
  }

  /** Says whether the plan or its place in the feed is gone: only a new full plan helps. */
  get needsNewPlan(): boolean {
    return this.status === 410;
  }
}

/** A file changed or vanished under the reader's hands; it is read again later. */
export class FileChangedError extends Error {
  override readonly name = "FileChangedError";
}

/** Says what went wrong, whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
