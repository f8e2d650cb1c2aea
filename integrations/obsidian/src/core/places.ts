/** Links to a place in a note: inside of Obsidian, and from outside through its own kind of address. */

import type { Place } from "./answers";
import { extensionOf } from "./paths";

/** What of a place an address from outside can say. */
export interface OpenRequest {
  readonly path: string;
  /** Such as `#Heading` or `#^block`; empty for the file as a whole. */
  readonly subpath: string;
  /** From 1; null where only the subpath is known. */
  readonly line: number | null;
  /** The words that stand there, to find them again in a note that was edited since. */
  readonly quote: string | null;
}

/** Characters that Obsidian cannot have in a link to a heading; it puts a space in their place. */
const UNLINKABLE = /[#|^:\\]|%%|\[\[|\]\]/g;

/** Finds where in the vault a place is. */
export function toOpenRequest(place: Place, quote: string): OpenRequest {
  const { path } = place.document;
  const line = extensionOf(path) === "md" ? (place.lines?.[0] ?? null) : null;
  return { path, subpath: subpathOf(place), line, quote };
}

/**
 * Finds the line, from 0, at which a place is in the note as it is now: where its words stand, nearest to where
 * they stood; else the line as it was; null where the note is shorter than that.
 */
export function findLine(noteText: string, request: Pick<OpenRequest, "line" | "quote">): number | null {
  const lines = noteText.split("\n");
  const expected = (request.line ?? 1) - 1;
  const words = firstLine(request.quote ?? "");
  const found = words === "" ? [] : lines.flatMap((line, index) => (line.includes(words) ? [index] : []));
  const [nearest] = found.sort((a, b) => Math.abs(a - expected) - Math.abs(b - expected));
  if (nearest !== undefined) return nearest;
  return request.line !== null && expected < lines.length ? expected : null;
}

/** Makes the part of a link after the path: the page of a PDF, or the innermost heading of a note. */
export function subpathOf(place: Place): string {
  if (extensionOf(place.document.path) === "pdf") return place.page == null ? "" : `#page=${place.page}`;
  const heading = place.heading?.[place.heading.length - 1];
  return heading === undefined ? "" : `#${cleanHeading(heading)}`;
}

/** Makes a wikilink to a place, with a name to show for it. */
export function toWikilink(place: Place): string {
  const { path, title } = place.document;
  const target = extensionOf(path) === "md" ? path.slice(0, -".md".length) : path;
  const name = (title ?? target.slice(target.lastIndexOf("/") + 1)).replace(/[[\]|]/g, " ").trim();
  return `[[${target}${subpathOf(place)}|${name}]]`;
}

/** Reads what `obsidian://quire-open?file=..&line=..` came with; null where it names no file. */
export function parseOpenParameters(parameters: Readonly<Record<string, string>>): OpenRequest | null {
  const file = parameters["file"] ?? "";
  const hash = file.indexOf("#");
  const path = hash < 0 ? file : file.slice(0, hash);
  if (path === "" || path.split("/").includes("..")) return null;
  const line = Number.parseInt(parameters["line"] ?? "", 10);
  return { path, subpath: hash < 0 ? "" : file.slice(hash), line: Number.isFinite(line) && line > 0 ? line : null, quote: null };
}

/** Enough of a quote to be found in one line. */
function firstLine(quote: string): string {
  const line = quote.split("\n").map((part) => part.trim()).find((part) => part !== "") ?? "";
  return [...line].slice(0, 60).join("").trim();
}

function cleanHeading(heading: string): string {
  return heading.replace(UNLINKABLE, " ").replace(/\s+/g, " ").trim();
}
