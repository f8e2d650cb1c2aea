/** The calls of `/api/sources`, one method each. */

import { type Api, readError } from "./api";
import { ServerError } from "./errors";
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

  /** Tells what the vault holds, in pages where it is much, and learns what to do. */
  async plan(request: PlanRequest, rowsAPage: number): Promise<Plan> {
    const pages = Math.max(1, Math.ceil(request.files.length / rowsAPage));
    if (pages === 1) return this.api.json("POST", this.path("/plan"), request);
    let plan: Plan | null = null;
    for (let page = 1; page <= pages; page += 1) {
      const files = request.files.slice((page - 1) * rowsAPage, page * rowsAPage);
      const part: PlanRequest = { ...request, plan_id: plan?.plan_id ?? null, page, of: pages, files };
      plan = await this.api.json<Plan>("POST", this.path("/plan"), part);
    }
    return plan as Plan;
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
    const reply = await this.api.json<{ failures?: IndexFailure[] } | IndexFailure[]>("GET", this.path("/failures"));
    return Array.isArray(reply) ? reply : (reply.failures ?? []);
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
