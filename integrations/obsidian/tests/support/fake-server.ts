/**
 * The protocol of `/api/sources` in memory, for tests of the core: registers, plans, batches, blobs, the
 * guard. Requests can be lost before or after the server has acted on them.
 */

import { createHash } from "node:crypto";
import { digestTree } from "../../src/core/digest";
import type { HttpPort, HttpRequest, HttpResponse } from "../../src/core/ports";
import type {
  CommitRequest, ContentHash, ManifestRow, Operation, OperationResult, PlanRequest, PutOperation,
} from "../../src/core/protocol";
import { type Entry, wins } from "./register";

/** What becomes of a request: answered, lost on the way there, or its reply lost on the way back. */
export type Fate = "answer" | "lose request" | "lose reply" | HttpResponse;

type Move = { from: string; to: string; hash: ContentHash };
type PlanLists = { upload: unknown[]; move: Move[]; superseded: unknown[]; hash_wanted: string[] };
type Reply = { status: number; body?: unknown; headers?: Record<string, string> };

export const hashOf = (bytes: Uint8Array): ContentHash => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
export const nodeHash = { sha256: (bytes: Uint8Array): Promise<string> => Promise.resolve(hashOf(bytes).slice(7)) };

export class FakeServer implements HttpPort {
  readonly entries = new Map<string, Entry>();
  readonly contents = new Map<ContentHash, Uint8Array>();
  readonly requests: string[] = [];
  readonly uploadedBytes: number[] = [];
  fate: (request: HttpRequest, index: number) => Fate = () => "answer";
  limits = { max_batch_ops: 64, max_batch_bytes: 8 * 1024 * 1024, max_file_bytes: 1 << 30, blob_chunk: 4 * 1024 * 1024, max_plan_files: 100 };
  key: string | null = null;
  private readonly partial = new Map<string, Uint8Array>();
  private readonly pages = new Map<string, ManifestRow[]>();
  private readonly plans = new Map<string, { request: PlanRequest; wouldDelete: string[]; moves: Map<string, Move> }>();
  private seq = 0;
  private described = false;

  /** Gives the files that the server holds, by path. */
  state(): Record<string, string> {
    const held = [...this.entries].filter(([, entry]) => entry.hash !== null);
    const texts = held.map(([path, { hash }]) => [path, new TextDecoder().decode(this.contents.get(hash as ContentHash))]);
    return Object.fromEntries(texts.sort()) as Record<string, string>;
  }

  forgetPlans(): void {
    this.plans.clear();
  }

  /** Counts the requests of a kind, such as `POST plan`. */
  count(kind: string): number {
    return this.requests.filter((request) => request === kind).length;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const url = new URL(request.url);
    const index = this.requests.length;
    const parts = url.pathname.split("/").filter((part) => part !== "").slice(1).map(decodeURIComponent);
    this.requests.push(`${request.method} ${parts[0] === "sources" ? (parts[2] ?? "source") : String(parts[0])}`);
    const fate = this.fate(request, index);
    if (fate === "lose request") throw new Error("connection refused");
    if (typeof fate === "object") return fate;
    const unknownKey = this.key !== null && request.headers["Authorization"] !== `Bearer ${this.key}`;
    const reply = unknownKey ? failure(401, "unauthorized") : await this.answer(request, parts);
    if (fate === "lose reply") throw new Error("connection reset");
    return { status: reply.status, headers: reply.headers ?? {}, text: JSON.stringify(reply.body ?? {}) };
  }

  private async answer(request: HttpRequest, [area, first = "", call = ""]: string[]): Promise<Reply> {
    if (area === "pair") return this.pair(request);
    if (area === "blobs") return this.blob(request, first);
    const body = (): unknown => JSON.parse(String(request.body)) as unknown;
    const device = request.headers["X-Device-Id"] ?? "";
    if (call === "") return this.source(request);
    if (call === "plan") return this.plan(body() as PlanRequest, device);
    if (call === "commit") return this.commit(body() as CommitRequest, device);
    if (call === "batch") {
      const operations = (body() as { ops: Operation[] }).ops;
      const results = operations.map((operation, i) => ({ i, ...this.apply(operation, device) }));
      return { status: 200, body: { seq: this.seq, results } };
    }
    return failure(404, "unknown_route");
  }

  private async source(request: HttpRequest): Promise<Reply> {
    if (request.method === "PUT") this.described = true;
    if (!this.described) return failure(404, "not_found");
    const held = new Map<string, ContentHash>();
    for (const [path, { hash }] of this.entries) if (hash !== null) held.set(path, hash);
    const body = { rules_hash: "r1", seq: this.seq, limits: this.limits };
    if (request.method === "PUT") return { status: 200, body };
    return { status: 200, body: { ...body, digest: await digestTree(held, nodeHash), index: {} } };
  }

  private plan(page: PlanRequest, device: string): Reply {
    const planId = page.plan_id ?? `pl_${this.requests.length}`;
    const files = [...(this.pages.get(planId) ?? []), ...page.files];
    this.pages.set(planId, files);
    if ((page.page ?? 1) < (page.of ?? 1)) return { status: 200, body: { plan_id: planId, awaiting_pages: [page.of] } };
    const request = { ...page, files };
    const inScope = (path: string): boolean => request.scope.prefixes.some((prefix) => path.startsWith(prefix));
    const listed = new Map(request.files.map((row) => [row[0], row]));
    const gone = [...this.entries].filter(([path, entry]) => entry.hash !== null && inScope(path) && !listed.has(path));
    const missing = new Map(gone.map(([path, entry]) => [path, entry.hash]));
    const reply: PlanLists = { upload: [], move: [], superseded: [], hash_wanted: [] };
    for (const row of request.files) this.planRow(row, missing, { reply, device });
    const held = [...this.entries.values()].filter((entry) => entry.hash !== null).length;
    const needsConfirm = missing.size > Math.max(20, held * 0.2);
    const moves = new Map(reply.move.map((move) => [move.to, move]));
    this.plans.set(planId, { request, wouldDelete: [...missing.keys()], moves });
    return {
      status: 200,
      body: {
        plan_id: planId,
        ...reply,
        missing: [...missing].map(([path, hash]) => ({ path, hash })),
        delete_guard: { would_delete: missing.size, of: held, needs_confirm: needsConfirm },
      },
    };
  }

  private planRow(
    [path, hash, mtime, size]: ManifestRow,
    missing: Map<string, ContentHash | null>,
    { reply, device }: { reply: PlanLists; device: string },
  ): void {
    const held = this.entries.get(path);
    if (hash === null) {
      const same = held?.hash != null && held.ts === mtime && this.contents.get(held.hash)?.length === size;
      if (held?.hash == null) reply.upload.push({ path, why: "new" });
      else if (!same) reply.hash_wanted.push(path);
      return;
    }
    if (held?.hash === hash) return;
    if (held !== undefined && !wins({ ts: mtime, hash, device }, held)) {
      // What the same device wrote or deleted later and has again came back from a bin or a backup.
      const condition = held.hash === null ? { if_none_match: "*" } : { if_match: held.hash };
      if (held.device === device) {
        reply.upload.push({ path, why: "restored", ...condition });
        return;
      }
      reply.superseded.push({ path, server: { hash: held.hash, mtime: held.ts, device: held.device } });
      return;
    }
    const from = [...missing].find(([, missingHash]) => missingHash === hash)?.[0];
    if (from === undefined) {
      reply.upload.push({ path, why: held === undefined ? "new" : "changed" });
      return;
    }
    missing.delete(from);
    reply.move.push({ from, to: path, hash });
  }

  private commit(request: CommitRequest, device: string): Reply {
    const plan = this.plans.get(request.plan_id);
    if (plan === undefined) return failure(410, "plan_expired");
    const listed = new Set(plan.request.files.map((row) => row[0]));
    const gone = plan.wouldDelete.filter((path) => !listed.has(path) && this.entries.get(path)?.hash != null);
    const held = [...this.entries.values()].filter((entry) => entry.hash !== null).length;
    if (gone.length > Math.max(20, held * 0.2) && request.expected_deletes !== gone.length) {
      return failure(409, "mass_delete_guard");
    }
    for (const [to, { from, hash }] of plan.moves) this.apply({ op: "move", from, to, hash, ts: plan.request.device_time }, device);
    for (const path of gone) this.set(path, { ts: plan.request.device_time, hash: null, device });
    return { status: 200, body: { seq: this.seq, deleted: gone.length } };
  }

  private apply(operation: Operation, device: string): Omit<OperationResult, "i"> {
    if (operation.op === "delete") {
      const held = this.entries.get(operation.path);
      if (operation.if_match !== undefined) {
        if (held?.hash !== operation.if_match) return opFailure(412, "precondition_failed");
        this.entries.set(operation.path, { ts: Math.max(operation.ts, held.ts + 1), hash: null, device });
        return { status: 200, path: operation.path, result: "deleted" };
      }
      return this.set(operation.path, { ts: operation.ts, hash: null, device });
    }
    if (operation.op === "put") return this.put(operation, device);
    const from = this.entries.get(operation.from);
    const there = this.entries.get(operation.to)?.hash === operation.hash;
    if (from?.hash !== operation.hash && !there) return opFailure(404, "unknown_hash");
    const result = this.set(operation.to, { ts: operation.ts, hash: operation.hash, device });
    this.set(operation.from, { ts: operation.ts, hash: null, device });
    return result;
  }

  private put(operation: PutOperation, device: string): Omit<OperationResult, "i"> {
    const bytes = this.contentOf(operation);
    if (bytes === undefined) return opFailure(404, "unknown_blob");
    if (hashOf(bytes) !== operation.hash) return opFailure(422, "digest_mismatch");
    this.uploadedBytes.push(bytes.length);
    this.contents.set(operation.hash, bytes);
    const held = this.entries.get(operation.path);
    const entry = { ts: operation.mtime, hash: operation.hash, device };
    if (operation.if_match === undefined && operation.if_none_match === undefined) return this.set(operation.path, entry);
    if ((held?.hash ?? undefined) !== operation.if_match) return opFailure(412, "precondition_failed");
    this.entries.set(operation.path, { ...entry, ts: Math.max(entry.ts, (held?.ts ?? 0) + 1) });
    return { status: 200, path: operation.path, result: "queued" };
  }

  private contentOf(operation: PutOperation): Uint8Array | undefined {
    if (operation.blob !== undefined) return this.contents.get(operation.blob);
    if (operation.text !== undefined) return new TextEncoder().encode(operation.text);
    return new Uint8Array(Buffer.from(operation.b64 ?? "", "base64"));
  }

  private set(path: string, entry: Entry): Omit<OperationResult, "i"> {
    const held = this.entries.get(path);
    if (held !== undefined && held.hash === entry.hash) return { status: 200, path, result: "unchanged" };
    if (!wins(entry, held)) return { status: 200, path, result: "superseded", etag: held?.hash ?? undefined };
    this.entries.set(path, entry);
    this.seq += 1;
    return { status: 200, path, result: "queued" };
  }

  private blob(request: HttpRequest, hex: string): Reply {
    const hash: ContentHash = `sha256:${hex}`;
    const have = this.partial.get(hex) ?? new Uint8Array();
    if (request.method === "HEAD") {
      if (this.contents.has(hash)) return { status: 200 };
      return { status: 404, headers: { "upload-offset": String(have.length) } };
    }
    if (Number(request.headers["Upload-Offset"]) !== have.length) return failure(409, "upload_offset");
    const part = request.body as Uint8Array;
    if (part.length > this.limits.blob_chunk) return failure(413, "too_large");
    const joined = new Uint8Array([...have, ...part]);
    this.partial.set(hex, joined);
    if (joined.length < Number(request.headers["Upload-Length"])) return { status: 204 };
    this.partial.delete(hex);
    if (hashOf(joined) !== hash) return failure(422, "digest_mismatch");
    this.contents.set(hash, joined);
    return { status: 200 };
  }

  private pair(request: HttpRequest): Reply {
    const body = JSON.parse(String(request.body)) as { code: string; source_id: string };
    if (body.code !== "123-456") return failure(404, "unknown_code");
    return { status: 200, body: { key: "key-of-source", source_id: body.source_id, collection: "notes" } };
  }
}

function failure(status: number, code: string): Reply {
  return { status, body: { error: { code, message: code, type: "error", param: null } } };
}

function opFailure(status: number, code: string): Omit<OperationResult, "i"> {
  return { status, error: { code, message: code } };
}
