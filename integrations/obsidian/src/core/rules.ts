/** Which files of the vault the server is told of, and why the others are not. */

import { extensionOf, isUnder } from "./paths";
import type { SourceRules } from "./protocol";

/** What is text to read and to write in Obsidian. */
export const NOTE_EXTENSIONS: readonly string[] = ["md", "canvas", "base", "txt"];

/** What notes carry with them and the server can read or at least list. */
export const ATTACHMENT_EXTENSIONS: readonly string[] = [
  "pdf", "docx", "csv", "tsv", "html", "png", "jpg", "jpeg", "gif", "webp", "svg", "bmp", "avif",
];

/** Why a file is not sent. */
export type Exclusion = "hidden" | "excluded folder" | "not in an included folder" | "kind of file" | "too big";

/** Says why a file stays away, or null where it belongs to the source. */
export function findExclusion(rules: SourceRules, path: string, sizeBytes: number): Exclusion | null {
  if (path.split("/").some((part) => part.startsWith("."))) return "hidden";
  if (rules.exclude.some((prefix) => path === prefix || isUnder(path, prefix))) return "excluded folder";
  const included = rules.include.length === 0 || rules.include.some((prefix) => path === prefix || isUnder(path, prefix));
  if (!included) return "not in an included folder";
  if (!rules.extensions.includes(extensionOf(path))) return "kind of file";
  return sizeBytes > rules.max_bytes ? "too big" : null;
}

/** Says whether a file is an attachment rather than a note. */
export function isAttachment(path: string): boolean {
  return !NOTE_EXTENSIONS.includes(extensionOf(path));
}

/** Makes the extensions of a source's rules. */
export function extensionsFor(attachments: "with attachments" | "notes only"): string[] {
  return attachments === "with attachments" ? [...NOTE_EXTENSIONS, ...ATTACHMENT_EXTENSIONS] : [...NOTE_EXTENSIONS];
}
