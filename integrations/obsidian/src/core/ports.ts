/**
 * What the core needs from the world around it. Nothing in `core` imports Obsidian: the plugin brings
 * these ports from Obsidian's API, the tests from memory.
 */

/** A file of the vault as the vault itself describes it; times are milliseconds since the epoch. */
export interface VaultFile {
  /** The path as the vault spells it, which is not always in Unicode's composed form. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly createdMs: number;
}

/** Reads the vault. There is no way to write: the vault is the truth and the server its mirror. */
export interface VaultPort {
  /** Lists every file that the vault shows. */
  listFiles(): VaultFile[];
  /** Finds one file as it is now; null where there is none. */
  findFile(path: string): VaultFile | null;
  /** Reads a file's bytes; fails where it is gone or cannot be read. */
  readFile(path: string): Promise<Uint8Array>;
  /** Gives the path of the file that someone is typing in, if any. */
  activePath(): string | null;
}

/** One request; the address is complete. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** After so long without a reply the connection counts as broken. */
  readonly timeoutMs: number;
}

/** One reply; names of headers are in lower case. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Sends requests. A status of 400 and above is a reply; only a broken connection is an exception. */
export interface HttpPort {
  send(request: HttpRequest): Promise<HttpResponse>;
}

/** Calls off a timer. */
export type CancelTimer = () => void;

/** Time and chance, so that tests can step through both. */
export interface ClockPort {
  nowMs(): number;
  /** Calls back once after the delay. */
  setTimer(delayMs: number, callback: () => void): CancelTimer;
  /** Lets whatever else waits, such as the editor, have its turn. */
  yieldTurn(): Promise<void>;
  /** Gives a number from 0 up to, not including, 1. */
  random(): number;
}

/** Hashes bytes: SHA-256 as 64 hexadecimal digits in lower case. */
export interface HashPort {
  sha256(bytes: Uint8Array): Promise<string>;
}

/** Keeps what this device knows, outside of the vault. All of it may be lost at any time. */
export interface StoragePort {
  load(key: string): Promise<unknown>;
  save(key: string, value: unknown): Promise<void>;
}

/** All ports of the sync engine. */
export interface Ports {
  readonly vault: VaultPort;
  readonly http: HttpPort;
  readonly clock: ClockPort;
  readonly hash: HashPort;
  readonly storage: StoragePort;
}
