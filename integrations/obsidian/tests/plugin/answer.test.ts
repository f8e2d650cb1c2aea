// @vitest-environment jsdom
/** Answers on the screen and as notes. */

import type { App as AppType } from "obsidian";
import { App } from "obsidian-test-mocks/obsidian";
import { setup, teardown } from "obsidian-test-mocks/setup";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Answer } from "../../src/core/answers";
import { showAnswer } from "../../src/plugin/answer-element";
import { createAnswerNote } from "../../src/plugin/answer-note";

const answer: Answer = {
  answered: true,
  answer: "Bees dance. <b>They</b> sing.",
  sentences: [
    { text: "Bees dance.", support: "quoted", citations: [1] },
    { text: "They do so often.", support: "supported", citations: [1] },
    { text: "<b>They</b> sing.", support: "unsupported", citations: [] },
  ],
  citations: [{ index: 1, document: { id: "1", path: "Bees.md", title: "Bees" }, heading: ["Dance"], quote: "bees dance" }],
};

beforeAll(setup);
afterAll(teardown);

describe("an answer on the screen", () => {
  it("shows how well each sentence is backed, as text and nothing else", () => {
    const parent = createDiv();
    showAnswer(parent, answer, () => undefined);
    for (const support of ["quoted", "supported", "unsupported"]) {
      expect(parent.querySelectorAll(`.quire-${support}`)).toHaveLength(1);
    }
    expect(parent.textContent).toContain("<b>They</b> sing. (no source)");
    expect(parent.querySelectorAll("b")).toHaveLength(0);
    expect(parent.querySelector("blockquote")?.textContent).toBe("bees dance");
  });

  it("opens the source at a click", () => {
    const parent = createDiv();
    const onOpen = vi.fn();
    showAnswer(parent, answer, onOpen);
    parent.querySelector<HTMLElement>(".quire-mark")?.click();
    parent.querySelector<HTMLElement>("a")?.click();
    expect(onOpen).toHaveBeenCalledTimes(2);
    expect(onOpen).toHaveBeenCalledWith(answer.citations[0], "bees dance");
  });

  it("shows what came nearest where there is no answer", () => {
    const parent = createDiv();
    const nearest = [{ rank: 1, score: 0.1, text: "honey", document: { id: "2", path: "Honey.md", title: null } }];
    showAnswer(parent, { ...answer, answered: false, sentences: [], citations: [], nearest }, () => undefined);
    expect(parent.textContent).toContain("do not answer this for certain");
    expect(parent.textContent).toContain("Honey.md");
  });
});

describe("an answer as a note", () => {
  it("never takes the place of another note", async () => {
    const app = App.createConfigured__({ files: { "Do bees dance.md": "mine", "Bees.md": "" } });
    const first = await createAnswerNote(app as unknown as AppType, "Do bees dance?", answer);
    const second = await createAnswerNote(app as unknown as AppType, "Do bees dance?", answer);
    expect([first.path, second.path]).toEqual(["Do bees dance 2.md", "Do bees dance 3.md"]);
    const text = await app.vault.adapter.read("Do bees dance 2.md");
    expect(text).toContain("[^1]: [[Bees#Dance|Bees]]: “bees dance”");
    expect(await app.vault.adapter.read("Do bees dance.md")).toBe("mine");
  });
});
