/** An answer as a note: every sentence with its footnotes, every footnote with its quote and a link. */

import { type Answer, citationsOf, type Support } from "./answers";
import { toWikilink } from "./places";

/** What a reader has to know of a sentence that is not plainly quoted. */
export const SUPPORT_NOTES: Record<Support, string | null> = {
  quoted: null,
  supported: null,
  unsupported: "no source",
};

/** Writes the note's Markdown. */
export function renderAnswerNote(question: string, answer: Answer): string {
  const paragraphs = answer.sentences.map((sentence) => {
    const marks = citationsOf(answer, sentence).map((citation) => `[^${citation.index}]`).join("");
    const note = SUPPORT_NOTES[sentence.support];
    return `${sentence.text.trim()}${marks}${note === null ? "" : ` *(${note})*`}`;
  });
  const used = new Set(answer.sentences.flatMap((sentence) => sentence.citations));
  const footnotes = answer.citations
    .filter((citation) => used.has(citation.index))
    .map((citation) => `[^${citation.index}]: ${toWikilink(citation)}: “${oneLine(citation.quote)}”`);
  const body = paragraphs.length === 0 ? answer.answer.trim() : paragraphs.join(" ");
  return [`> [!question] ${oneLine(question)}`, body, footnotes.join("\n")].filter((part) => part !== "").join("\n\n") + "\n";
}

/** Makes a file name of a question: short, and without what file systems or links cannot have. */
export function noteNameFor(question: string): string {
  const name = oneLine(question).replace(/[\\/:*?"<>|#^[\]%]/g, " ").replace(/\s+/g, " ").trim();
  const short = [...name].slice(0, 80).join("").replace(/[. ]+$/, "");
  return short === "" ? "Answer" : short;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
