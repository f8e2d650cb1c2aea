/** The calls of `/api/sources`, one method each. */

import { type Api, readError } from "./api";
import { ServerError } from "./errors";
import { encodePath } from "./paths";
import type { PreparedOperation } from "./operations";
import type {
  BatchReply, CommitRequest, ContentHash, Plan, PlanRequest, SourceDescription, SourceState,
} from "./protocol";

/** A file that the server holds and could not index. */
export interface IndexFailure {
  path: string;
  stage?: string;
  message: string;
  hint?: string | null;
}

/** How far a blob has come: whole, or the bytes that the server has of it. */
export type BlobProgress = { complete: true } | { complete: false; offset: number };

/** Speaks of one source. */
export class SourceApi {
  constructor(
    private readonly api: Api,
    private readonly sourceId: () => string,
  ) {}

  /** Creates the source or brings its description up to date. */
  putSource(description: SourceDescription): Promise<SourceState> {
    return this.api.json("PUT", this.path(), description);
  }

  /** Asks how the source stands. */
  getSource(): Promise<SourceState> {
    return this.api.json("GET", this.path());
  }

  /** Tells what the vault holds and learns what to do. */
  plan(request: PlanRequest): Promise<Plan> {
    return this.api.json("POST", this.path("/plan"), request);
  }

  /** Sends operations; each has a result of its own. */
  async batch(operations: readonly PreparedOperation[]): Promise<BatchReply> {
    const body = `{"ops":[${operations.map((operation) => operation.json).join(",")}]}`;
    const headers = { "Content-Type": "application/json" };
    const response = await this.api.send({ method: "POST", path: this.path("/batch"), headers, body });
    if (response.status >= 400) throw readError(response);
    return JSON.parse(response.text) as BatchReply;
  }

  /** Ends a plan. */
  commit(request: CommitRequest): Promise<unknown> {
    return this.api.json("POST", this.path("/commit"), request);
  }

  /** Lists what could not be indexed. */
  async listFailures(): Promise<IndexFailure[]> {
    const reply = await this.api.json<{ failures?: IndexFailure[] }>("GET", this.path("/failures"));
    return reply.failures ?? [];
  }

  /** Gives the hash of the server's version; null where it holds none. */
  async findFile(path: string): Promise<ContentHash | null> {
    const response = await this.api.send({ method: "HEAD", path: this.path(`/files/${encodePath(path)}`) });
    if (response.status === 404 || response.status === 410) return null;
    if (response.status >= 400) throw readError(response);
    return (response.headers["etag"] ?? "").replace(/^W\//, "").replace(/"/g, "") as ContentHash;
  }

  /** Puts a file only if the server holds none, whatever was deleted there and when; false if it does. */
  async createFile(operation: { path: string; hash: ContentHash; mtime: number }, bytes: Uint8Array): Promise<boolean> {
    const response = await this.api.send({
      method: "PUT",
      path: this.path(`/files/${encodePath(operation.path)}`),
      headers: {
        "Content-Type": "application/octet-stream",
        "Content-Digest": `sha-256=:${hexToBase64(operation.hash.slice("sha256:".length))}:`,
        "X-File-Mtime": String(operation.mtime),
        "If-None-Match": "*",
      },
      body: bytes,
    });
    if (response.status === 412) return false;
    if (response.status >= 400) throw readError(response);
    return true;
  }

  /** Asks how much of a blob the server has. */
  async findBlob(hash: ContentHash): Promise<BlobProgress> {
    const response = await this.api.send({ method: "HEAD", path: blobPath(hash) });
    if (response.status === 200) return { complete: true };
    if (response.status !== 404) throw readError(response);
    return { complete: false, offset: Number(response.headers["upload-offset"] ?? 0) };
  }

  /** Adds bytes to a blob at the place where it ends; false where it ends somewhere else by now. */
  async appendBlob(hash: ContentHash, part: { bytes: Uint8Array; offset: number; length: number }): Promise<boolean> {
    const response = await this.api.send({
      method: "PATCH",
      path: blobPath(hash),
      headers: {
        "Content-Type": "application/octet-stream",
        "Upload-Offset": String(part.offset),
        "Upload-Length": String(part.length),
      },
      body: part.bytes,
    });
    if (response.status === 409) return false;
    if (response.status >= 400) throw readError(response);
    return true;
  }

  private path(rest = ""): string {
    const id = this.sourceId();
    if (id === "") throw new ServerError(401, "not_paired", "this device is not paired with a server yet");
    return `/api/sources/${encodeURIComponent(id)}${rest}`;
  }
}

function blobPath(hash: ContentHash): string {
  return `/api/blobs/${hash.slice("sha256:".length)}`;
}

function hexToBase64(hex: string): string {
  const pairs = hex.match(/../g) ?? [];
  return btoa(String.fromCharCode(...pairs.map((pair) => parseInt(pair, 16))));
}
