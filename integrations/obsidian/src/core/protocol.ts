/**
 * The shapes that travel between this plugin and `/api/sources`. Field names are those of the wire.
 * What the server may leave out is optional here, so that an older or newer server is no crash.
 */

/** `sha256:` and 64 hexadecimal digits. */
export type ContentHash = `sha256:${string}`;

/** Which files of the vault belong to the source, as globs. All devices of a vault share one set of rules. */
export interface SourceRules {
  include: string[];
  exclude: string[];
  /** Without dots; one of them a file must have. */
  extensions: string[];
  max_bytes: number;
  index_attachments: boolean;
  respect_obsidian_excludes: boolean;
}

/** The installation that speaks. */
export interface Device {
  id: string;
  name: string;
  platform: string;
}

/** What a source is called and which files it holds. */
export interface SourceDescription {
  kind: "obsidian";
  collection_id: string;
  name: string;
  vault: { name: string; id?: string };
  device: Device;
  rules: SourceRules;
}

/** How far the server's index is behind the files that it holds. */
export interface IndexState {
  queued?: number;
  running?: number;
  done?: number;
  failed?: number;
}

/** How much one request may carry. */
export interface Limits {
  max_batch_ops: number;
  max_batch_bytes: number;
  max_file_bytes: number;
  blob_chunk: number;
  max_plan_files: number;
}

/** A source as the server has it. */
export interface SourceState {
  rules_hash: string;
  seq?: number;
  files?: number;
  digest?: string;
  limits?: Partial<Limits>;
  index?: IndexState;
}

/** One row of a manifest: path, hash or null where it is not known, modification time, size. */
export type ManifestRow = [path: string, hash: ContentHash | null, modifiedMs: number, sizeBytes: number];

/** The part of the vault that a plan speaks of; the prefix `""` is all of it. */
export interface Scope {
  prefixes: string[];
}

/** Tells the server what the vault holds. */
export interface PlanRequest {
  plan_id: string | null;
  rules_hash: string;
  scope: Scope;
  complete: boolean;
  device_time: number;
  /** Which page of the manifest this is, from 1, where it is too long for one request. */
  page?: number;
  of?: number;
  files: ManifestRow[];
}

/** What the server holds of a path that it will not give up for an older version. */
export interface ServerEntry {
  hash?: ContentHash | null;
  mtime?: number;
  device?: string | null;
}

/** A file to upload; with a condition where its own time would make it lose, as when it came back from the trash. */
export interface PlannedUpload {
  path: string;
  why: string;
  if_match?: ContentHash;
  if_none_match?: "*";
}

/** What is left to be done so that the mirror is true. */
export interface Plan {
  plan_id: string;
  unchanged?: number;
  hash_wanted?: string[];
  upload?: PlannedUpload[];
  move?: { from: string; to: string; hash: ContentHash }[];
  missing?: { path: string }[];
  superseded?: { path: string; server?: ServerEntry }[];
  skipped?: { path: string; why: string }[];
  delete_guard?: { would_delete: number; of: number; needs_confirm: boolean };
}

/** Puts a file: its content inline, or by the hash of a blob that the server already has. */
export interface PutOperation {
  op: "put";
  path: string;
  hash: ContentHash;
  mtime: number;
  ctime: number;
  text?: string;
  b64?: string;
  blob?: ContentHash;
  if_match?: ContentHash;
  if_none_match?: "*";
}

/** Moves a file whose content the server has. */
export interface MoveOperation {
  op: "move";
  from: string;
  to: string;
  hash: ContentHash;
  ts: number;
}

/** Deletes a file. */
export interface DeleteOperation {
  op: "delete";
  path: string;
  ts: number;
  /** Deletes just this version, whatever its time. */
  if_match?: ContentHash;
}

/** One entry of a batch. */
export type Operation = PutOperation | MoveOperation | DeleteOperation;

/** What became of one operation, in the place `i` of its batch. */
export interface OperationResult {
  i: number;
  status: number;
  path?: string;
  /** The hash of what the server has at the path now; absent where it has nothing. */
  etag?: ContentHash;
  result?: string;
  error?: { code?: string; message?: string };
}

/** One result for each operation; a batch is never all or nothing. */
export interface BatchReply {
  seq?: number;
  results: OperationResult[];
}

/** Ends a plan: what the manifest does not hold is deleted on the server. */
export interface CommitRequest {
  plan_id: string;
  scope: Scope;
  delete_missing: boolean;
  expected_deletes: number;
}

/** What the server uses where it does not say. */
export const DEFAULT_LIMITS: Limits = {
  max_batch_ops: 64,
  max_batch_bytes: 8 * 1024 * 1024,
  max_file_bytes: 256 * 1024 * 1024,
  blob_chunk: 4 * 1024 * 1024,
  max_plan_files: 20_000,
};
