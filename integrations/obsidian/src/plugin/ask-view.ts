/** Questions and their answers, in the side bar. */

import { ItemView, Notice, setIcon, type WorkspaceLeaf } from "obsidian";
import type { Api } from "../core/api";
import { type Answer, ask } from "../core/answers";
import { describeError } from "../core/errors";
import { toOpenRequest } from "../core/places";
import { showAnswer } from "./answer-element";
import { createAnswerNote } from "./answer-note";
import { openPlace } from "./open-place";

export const ASK_VIEW = "quire-ask";

/** What the view needs of the plugin. */
export interface AskViewParts {
  readonly api: Api;
  readonly collection: () => string;
}

/** One question that was answered. */
interface Exchange {
  readonly question: string;
  readonly answer: Answer;
}

export class AskView extends ItemView {
  override readonly icon = "message-circle-question";
  private last: Exchange | null = null;
  private busy = false;

  constructor(
    leaf: WorkspaceLeaf,
    private readonly parts: AskViewParts,
  ) {
    super(leaf);
  }

  override getViewType(): string {
    return ASK_VIEW;
  }

  override getDisplayText(): string {
    return "Ask your notes";
  }

  override async onOpen(): Promise<void> {
    const { contentEl } = this;
    contentEl.empty();
    contentEl.addClass("quire-ask");
    const form = contentEl.createDiv({ cls: "quire-form" });
    const input = form.createEl("textarea", { attr: { rows: "3", placeholder: "Ask a question about your notes" } });
    const button = form.createEl("button", { text: "Ask", cls: "mod-cta" });
    const answers = contentEl.createDiv({ cls: "quire-answers" });
    const submit = (): void => void this.ask(input.value.trim(), answers);
    this.registerDomEvent(button, "click", submit);
    this.registerDomEvent(input, "keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      submit();
    });
    input.focus();
    return Promise.resolve();
  }

  /** Gives what "Insert answer as note" writes. */
  get lastExchange(): Exchange | null {
    return this.last;
  }

  private async ask(question: string, answers: HTMLElement): Promise<void> {
    if (question === "" || this.busy) return;
    this.busy = true;
    const entry = createDiv({ cls: "quire-exchange" });
    answers.prepend(entry);
    entry.createEl("p", { text: question, cls: "quire-question" });
    const progress = entry.createEl("p", { cls: "quire-faint" });
    const startMs = Date.now();
    const tell = (): void => progress.setText(`Reading and answering: ${Math.round((Date.now() - startMs) / 1000)} s`);
    tell();
    const timer = window.setInterval(tell, 1_000);
    try {
      const answer = await ask(this.parts.api, this.parts.collection(), question);
      this.last = { question, answer };
      progress.remove();
      this.show(entry, this.last);
    } catch (error) {
      progress.setText(describeError(error));
      progress.addClass("quire-problem");
    } finally {
      window.clearInterval(timer);
      this.busy = false;
    }
  }

  private show(entry: HTMLElement, exchange: Exchange): void {
    showAnswer(entry, exchange.answer, (place, quote) => void openPlace(this.app, toOpenRequest(place, quote)));
    const insert = entry.createEl("button", { cls: "clickable-icon", attr: { "aria-label": "Insert answer as note" } });
    setIcon(insert, "file-plus");
    insert.addEventListener("click", () => void this.insert(exchange));
  }

  private async insert({ question, answer }: Exchange): Promise<void> {
    try {
      await createAnswerNote(this.app, question, answer);
    } catch (error) {
      new Notice(`The note could not be made: ${describeError(error)}`);
    }
  }
}
