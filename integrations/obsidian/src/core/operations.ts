/** Making the entries of a batch. */

import type { FileContent } from "./read-file";
import { toWirePath } from "./paths";
import type { ContentHash, Operation, PutOperation } from "./protocol";
import { isAttachment } from "./rules";

/** An operation with its JSON, which is made once and measured before it is sent. */
export interface PreparedOperation {
  readonly operation: Operation;
  readonly json: string;
  readonly sizeBytes: number;
}

/** What a put says of a file besides its content. */
export interface PutHead {
  readonly content: FileContent;
  readonly hash: ContentHash;
  /** What the server must have for this to be written whatever its time: a version, or nothing. */
  readonly replaces?: Replaces;
}

/** The server's version that is replaced on purpose, or `nothing` where it must have none. */
export type Replaces = ContentHash | "nothing";

/** Makes a put with the content in it: as text where the bytes are UTF-8, else in base64. */
export function putInline(head: PutHead): PutOperation {
  const { bytes, file } = head.content;
  const text = isAttachment(file.path) ? null : decodeText(bytes);
  return { ...putHead(head), ...(text === null ? { b64: encodeBase64(bytes) } : { text }) };
}

/** Makes a put that names a blob which the server already has. */
export function putBlob(head: PutHead): PutOperation {
  return { ...putHead(head), blob: head.hash };
}

/** Writes an operation as JSON. */
export function prepare(operation: Operation): PreparedOperation {
  const json = JSON.stringify(operation);
  return { operation, json, sizeBytes: new TextEncoder().encode(json).length };
}

/** Gives the path that an operation is about. */
export function pathOf(operation: Operation): string {
  return operation.op === "move" ? operation.to : operation.path;
}

function putHead(head: PutHead): PutOperation {
  const { file } = head.content;
  const put: PutOperation = {
    op: "put",
    path: toWirePath(file.path),
    hash: head.hash,
    mtime: file.modifiedMs,
    ctime: file.createdMs,
  };
  if (head.replaces === "nothing") put.if_none_match = "*";
  else if (head.replaces !== undefined) put.if_match = head.replaces;
  return put;
}

/** Decodes UTF-8 so that encoding it again gives the same bytes; null where it would not. */
function decodeText(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

/** Encodes in slices, since a call can take only so many arguments. */
function encodeBase64(bytes: Uint8Array): string {
  const slices: string[] = [];
  for (let start = 0; start < bytes.length; start += 0x8000) {
    slices.push(String.fromCharCode(...bytes.subarray(start, start + 0x8000)));
  }
  return btoa(slices.join(""));
}
