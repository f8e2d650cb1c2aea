/** Which files of the vault the server is told of, and why the others are not. */

import { extensionOf, isUnder } from "./paths";
import type { SourceRules } from "./protocol";

/** What is text to read and to write in Obsidian. */
export const NOTE_EXTENSIONS: readonly string[] = ["md", "markdown", "canvas", "base", "txt"];

/** What notes carry with them and the server can read or at least list. */
export const ATTACHMENT_EXTENSIONS: readonly string[] = [
  "pdf", "docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "csv", "tsv", "html", "png", "jpg", "jpeg", "gif", "webp", "svg", "bmp", "avif",
];

/** The user's choice of files; the same on all devices of a vault. */
export interface FileChoice {
  /** Folders to take files from; all where empty. */
  readonly includedFolders: readonly string[];
  readonly excludedFolders: readonly string[];
  readonly attachments: boolean;
  readonly maxBytes: number;
  /** What Obsidian's own setting for excluded files says; null where it is not to be heeded. */
  readonly obsidianExcludes: readonly string[] | null;
}

/** Why a file is not sent. */
export type Exclusion =
  | "hidden"
  | "excluded folder"
  | "not in an included folder"
  | "excluded in Obsidian"
  | "kind of file"
  | "too big";

/** Says why a file stays away, or null where it belongs to the source. */
export function findExclusion(choice: FileChoice, path: string, sizeBytes: number): Exclusion | null {
  const within = (folder: string): boolean => path === folder || isUnder(path, folder);
  if (path.split("/").some((part) => part.startsWith("."))) return "hidden";
  if (choice.excludedFolders.some(within)) return "excluded folder";
  if (choice.includedFolders.length > 0 && !choice.includedFolders.some(within)) return "not in an included folder";
  if (choice.obsidianExcludes?.some((filter) => matchesFilter(filter, path)) === true) return "excluded in Obsidian";
  if (!extensionsOf(choice).includes(extensionOf(path))) return "kind of file";
  return sizeBytes > choice.maxBytes ? "too big" : null;
}

/** Says whether a file is an attachment rather than a note. */
export function isAttachment(path: string): boolean {
  return !NOTE_EXTENSIONS.includes(extensionOf(path));
}

/** Writes the choice as the protocol's rules, in which folders are globs. */
export function toSourceRules(choice: FileChoice): SourceRules {
  return {
    include: choice.includedFolders.map(folderGlob),
    exclude: ["**/.*", "**/.*/**", ...choice.excludedFolders.map(folderGlob)],
    extensions: extensionsOf(choice),
    max_bytes: choice.maxBytes,
    index_attachments: choice.attachments,
    respect_obsidian_excludes: choice.obsidianExcludes !== null,
  };
}

/** Reads folders as people type them: one a line, with or without slashes at the ends. */
export function parseFolders(typed: string): string[] {
  const lines = typed.split("\n").map((line) => line.trim().replace(/^\/+|\/+$/g, "").normalize("NFC"));
  return lines.filter((line) => line !== "");
}

function extensionsOf(choice: FileChoice): string[] {
  return choice.attachments ? [...NOTE_EXTENSIONS, ...ATTACHMENT_EXTENSIONS] : [...NOTE_EXTENSIONS];
}

/** A folder's name may hold what globs take for patterns; behind a backslash it means itself. */
function folderGlob(folder: string): string {
  return `${folder.replace(/[\\*?[\]{}]/g, "\\$&")}/**`;
}

/** Obsidian's filters are beginnings of paths or, between slashes, regular expressions. */
function matchesFilter(filter: string, path: string): boolean {
  if (filter.length > 2 && filter.startsWith("/") && filter.endsWith("/")) {
    try {
      return new RegExp(filter.slice(1, -1)).test(path);
    } catch {
      return false;
    }
  }
  return filter !== "" && path.toLowerCase().startsWith(filter.toLowerCase());
}
