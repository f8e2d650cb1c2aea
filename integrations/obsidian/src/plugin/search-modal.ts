/** Searching while typing; the choice opens the note at the passage. */

import { type App, SuggestModal } from "obsidian";
import type { Api } from "../core/api";
import { type Hit, search } from "../core/answers";
import { describeError } from "../core/errors";
import { toOpenRequest } from "../core/places";
import { openPlace } from "./open-place";

/** Shorter than people notice, longer than they type one letter. */
const PAUSE_MS = 250;
const LIMIT = 20;
const SNIPPET_LENGTH = 240;

export class SearchModal extends SuggestModal<Hit> {
  private latest = 0;

  constructor(
    app: App,
    private readonly api: Api,
    private readonly collection: string,
  ) {
    super(app);
    this.setPlaceholder("Search your notes by meaning and by words");
    this.emptyStateText = "Nothing found.";
  }

  override async getSuggestions(query: string): Promise<Hit[]> {
    this.latest += 1;
    const mine = this.latest;
    if (query.trim() === "") return [];
    await new Promise((resolve) => window.setTimeout(resolve, PAUSE_MS));
    // Something else was typed meanwhile: its own call shows what it finds.
    if (mine !== this.latest) return [];
    try {
      this.emptyStateText = "Nothing found.";
      return await search(this.api, this.collection, query, LIMIT);
    } catch (error) {
      this.emptyStateText = describeError(error);
      return [];
    }
  }

  override renderSuggestion(hit: Hit, element: HTMLElement): void {
    element.createDiv({ text: hit.document.title ?? hit.document.path });
    const place = [hit.document.path, ...(hit.heading ?? [])].join(" › ");
    element.createDiv({ text: place, cls: "quire-faint" });
    const text = hit.text.replace(/\s+/g, " ").trim();
    element.createDiv({ text: text.slice(0, SNIPPET_LENGTH), cls: "quire-snippet" });
  }

  override onChooseSuggestion(hit: Hit): void {
    void openPlace(this.app, toOpenRequest(hit, ""));
  }
}
