/** Searching and asking: the calls and the shapes of `/api/collections/{name}`. */

import type { Api } from "./api";

/** The document that a hit or a citation lies in; its path is the note's path in the vault. */
export interface DocumentRef {
  id: string;
  path: string;
  title: string | null;
  /** What its pages are, where they are no pages of paper: sheets, slides or chapters. */
  page_kind?: string;
}

/** Where in a document something stands; what does not apply is null or absent. */
export interface Place {
  document: DocumentRef;
  page?: number | null;
  /** The headings above, outermost first. */
  heading?: string[];
  /** First and last line in the file, from 1. */
  lines?: [number, number] | null;
}

/** One passage that was found. */
export interface Hit extends Place {
  rank: number;
  score: number;
  text: string;
}

/** How well a sentence is backed: by the words of a passage, by its sense, or not at all. */
export type Support = "quoted" | "supported" | "unsupported";

/** One sentence of an answer. */
export interface Sentence {
  text: string;
  support: Support;
  /** The `index` of each citation that it rests on. */
  citations: number[];
}

/** The exact words of a document that a sentence rests on. */
export interface Citation extends Place {
  index: number;
  quote: string;
}

/** A whole answer. */
export interface Answer {
  answered: boolean;
  answer: string;
  sentences: Sentence[];
  citations: Citation[];
  /** What came nearest, where nothing answered the question. */
  nearest?: Hit[];
  receipt?: { model?: string };
}

/** Finds passages in a collection. */
export async function search(api: Api, collection: string, query: string, limit: number): Promise<Hit[]> {
  const path = `/api/collections/${encodeURIComponent(collection)}/search`;
  return (await api.json<{ hits: Hit[] }>("POST", path, { query, k: limit })).hits;
}

/** A small machine that reads everything may take minutes. */
const ASK_TIMEOUT_MS = 15 * 60_000;

/** Asks a collection; the reply is whole, since Obsidian's requests cannot be read while they arrive. */
export function ask(api: Api, collection: string, question: string): Promise<Answer> {
  const path = `/api/collections/${encodeURIComponent(collection)}/ask`;
  return api.json<Answer>("POST", path, { question, stream: false }, ASK_TIMEOUT_MS);
}

/** Finds the citations of a sentence, in its order. */
export function citationsOf(answer: Answer, sentence: Sentence): Citation[] {
  return sentence.citations.flatMap((index) => answer.citations.find((citation) => citation.index === index) ?? []);
}
