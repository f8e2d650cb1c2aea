/** An answer on the screen: every sentence with its footnotes, and how well it is backed. */

import { type Answer, type Citation, citationsOf, type Hit, type Place, type Support } from "../core/answers";

/** What is said of each sentence on hovering. */
const EXPLANATIONS: Record<Support, string> = {
  quoted: "These words stand in your notes",
  supported: "Your notes say this in other words",
  unsupported: "No passage of your notes supports this sentence",
};

/** Opens the note that was clicked, at the words. */
export type OnOpen = (place: Place, quote: string) => void;

/** Shows an answer below the parent. */
export function showAnswer(parent: HTMLElement, answer: Answer, onOpen: OnOpen): void {
  if (!answer.answered) {
    parent.createEl("p", { text: "Your notes do not answer this for certain.", cls: "quire-problem" });
  }
  const body = parent.createEl("p", { cls: "quire-answer" });
  for (const sentence of answer.sentences) {
    const element = body.createSpan({ text: sentence.text.trim(), cls: `quire-${sentence.support}` });
    element.setAttr("aria-label", EXPLANATIONS[sentence.support]);
    for (const citation of citationsOf(answer, sentence)) showMark(body, citation, onOpen);
    if (sentence.support === "unsupported") body.createSpan({ text: " (no source)", cls: "quire-faint" });
    body.appendText(" ");
  }
  for (const citation of answer.citations) {
    showPlace(parent, `${citation.index}`, { place: citation, quote: citation.quote }, onOpen);
  }
  const nearest = answer.citations.length === 0 ? (answer.nearest ?? []) : [];
  if (nearest.length > 0) parent.createEl("p", { text: "What comes nearest:", cls: "quire-faint" });
  for (const hit of nearest.slice(0, 3)) showPlace(parent, "–", { place: hit, quote: firstWords(hit) }, onOpen);
}

function showMark(parent: HTMLElement, citation: Citation, onOpen: OnOpen): void {
  const mark = parent.createEl("button", { text: `${citation.index}`, cls: "quire-mark clickable-icon" });
  mark.setAttr("aria-label", `${citation.document.title ?? citation.document.path}: ${citation.quote}`);
  mark.addEventListener("click", () => onOpen(citation, citation.quote));
}

function showPlace(
  parent: HTMLElement,
  label: string,
  shown: { place: Place; quote: string },
  onOpen: OnOpen,
): void {
  const { place, quote } = shown;
  const element = parent.createDiv({ cls: "quire-source" });
  const link = element.createEl("a", { text: `${label} ${placeName(place)}`, href: "#" });
  link.addEventListener("click", (event) => {
    event.preventDefault();
    onOpen(place, quote);
  });
  element.createEl("blockquote", { text: quote });
}

function placeName(place: Place): string {
  const page = place.page == null ? [] : [`${place.document.page_kind ?? "page"} ${place.page}`];
  return [place.document.title ?? place.document.path, ...(place.heading ?? []), ...page].join(" › ");
}

function firstWords(hit: Hit): string {
  return hit.text.trim().slice(0, 200);
}
