/** Searching and asking a real server, through the same code as the plugin. */

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderAnswerNote } from "../../src/core/answer-note";
import { ask, search } from "../../src/core/answers";
import { ServerError } from "../../src/core/errors";
import { findLine, toOpenRequest } from "../../src/core/places";
import { createCollection, deleteCollection, indexedDocuments, owner, SERVER, SKIP_NOTE } from "../support/real-server";

const NOTE = "# Garden\n\n## Tomatoes\n\nTomatoes need at least six hours of sun a day.\n\n## Bees\n\nA hive holds 50,000 bees.\n";

describe.skipIf(SERVER === "")(`a server's answers${SKIP_NOTE}`, () => {
  let collection = "";

  beforeAll(async () => {
    collection = await createCollection();
    const form = new FormData();
    form.append("files", new Blob([NOTE]), "Notes/Garden.md");
    const reply = await fetch(`${SERVER}/api/collections/${collection}/documents`, { method: "POST", body: form });
    expect(reply.status).toBe(202);
    await indexedDocuments(collection);
  }, 60_000);
  afterAll(() => deleteCollection(collection));

  it("are passages whose place is found in the note", async () => {
    const [hit] = await search(owner, collection, "how many bees live in a hive", 5);
    expect(hit?.document.path).toBe("Notes/Garden.md");
    expect(hit?.text).toContain("50,000 bees");
    const request = toOpenRequest(hit ?? { document: { id: "", path: "", title: null } }, "A hive holds 50,000 bees.");
    expect(findLine(NOTE, request)).toBe(8);
  });

  it("to a question rest on the note or say that they do not", async () => {
    const answer = await ask(owner, collection, "How many hours of sun do tomatoes need a day?");
    expect(answer.sentences.length).toBeGreaterThan(0);
    for (const sentence of answer.sentences) {
      expect(["quoted", "supported", "unsupported"]).toContain(sentence.support);
      expect(sentence.citations.length > 0).toBe(sentence.support !== "unsupported");
    }
    for (const citation of answer.citations) expect(NOTE).toContain(citation.quote);
    const footnotes = renderAnswerNote("q", answer).match(/^\[\^\d+\]: \[\[Notes\/Garden/gm) ?? [];
    expect(footnotes.length).toBe(answer.citations.length);
  }, 300_000);

  it("for a collection that is not there are an error that says so", async () => {
    const error = await search(owner, "no-such-collection", "x", 1).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ServerError);
    expect((error as ServerError).message).toContain("no-such-collection");
  });
});
