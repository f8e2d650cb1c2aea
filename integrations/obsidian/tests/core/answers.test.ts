/** Answers as notes, links to places, pairing: what the user sees of what the server says. */

import { describe, expect, it } from "vitest";
import { Api, parseAddress } from "../../src/core/api";
import { noteNameFor, renderAnswerNote } from "../../src/core/answer-note";
import { type Answer, ask } from "../../src/core/answers";
import { pair } from "../../src/core/pairing";
import { findLine, parseOpenParameters, subpathOf, toOpenRequest, toWikilink } from "../../src/core/places";
import { FakeServer } from "../support/fake-server";

const note = { id: "1", path: "Garden/Tomatoes.md", title: "Tomatoes" };
const answer: Answer = {
  answered: true,
  answer: "Tomatoes need sun. They like music.",
  sentences: [
    { text: "Tomatoes need sun.", support: "quoted", citations: [1] },
    { text: "They like music.", support: "unsupported", citations: [] },
  ],
  citations: [
    { index: 1, document: note, heading: ["Tomatoes", "Light"], lines: [4, 10], quote: "at least six\nhours of sun" },
    { index: 2, document: note, heading: [], quote: "not used" },
  ],
};

describe("an answer as a note", () => {
  it("has footnotes with quotes and links, and marks what has no source", () => {
    expect(renderAnswerNote("How much\nsun?", answer)).toBe(
      "> [!question] How much sun?\n\n" +
        "Tomatoes need sun.[^1] They like music. *(no source)*\n\n" +
        "[^1]: [[Garden/Tomatoes#Light|Tomatoes]]: “at least six hours of sun”\n",
    );
  });

  it.each([
    ["What is 1/2 of [[this]]?", "What is 1 2 of this"],
    ["???", "Answer"],
    ["🌱".repeat(100), "🌱".repeat(80)],
  ])("is named after the question %s", (question, name) => {
    expect(noteNameFor(question)).toBe(name);
  });
});

describe("a place", () => {
  it.each([
    [{ document: note, heading: ["A", "C# | [[x]]: ^y %%z"] }, "#C x y z"],
    [{ document: note, heading: [] }, ""],
    [{ document: { ...note, path: "a.pdf" }, page: 3, heading: ["H"] }, "#page=3"],
    [{ document: { ...note, path: "a.pdf" }, page: null }, ""],
  ])("%j is linked as %s", (place, subpath) => {
    expect(subpathOf(place)).toBe(subpath);
  });

  it("of a file that is no note has no line and keeps its ending", () => {
    const place = { document: { id: "2", path: "x/Board.canvas", title: null }, lines: [1, 2] as [number, number] };
    expect(toOpenRequest(place, "").line).toBeNull();
    expect(toWikilink(place)).toBe("[[x/Board.canvas|Board.canvas]]");
  });

  it.each([
    ["where it was", "a\nb\nc", { line: 2, quote: "b" }, 1],
    ["where its words went", "new\nnew\na\nb c", { line: 2, quote: "b c\nd" }, 3],
    ["nearest of several", "x\n1\n2\n3\nx", { line: 4, quote: "x" }, 4],
    ["by line where the words are gone", "a\nb", { line: 2, quote: "gone" }, 1],
    ["nowhere in a note that was cut", "a", { line: 9, quote: "gone" }, null],
    ["nowhere without a line", "a", { line: null, quote: null }, null],
  ])("is found %s", (_, text, request, line) => {
    expect(findLine(text, request)).toBe(line);
  });

  it.each([
    [{ file: "Garden/Tomatoes.md", line: "12" }, { path: "Garden/Tomatoes.md", subpath: "", line: 12, quote: null }],
    [{ file: "a.md#Light", line: "x" }, { path: "a.md", subpath: "#Light", line: null, quote: null }],
    [{ file: "../outside.md" }, null],
    [{}, null],
  ])("from outside %j is read", (parameters, request) => {
    expect(parseOpenParameters(parameters)).toEqual(request);
  });
});

describe("the server's address", () => {
  it.each([
    ["127.0.0.1:1234/", "http://127.0.0.1:1234"],
    [" https://notes.example/quire/ ", "https://notes.example/quire"],
    ["", null],
    ["http://", null],
  ])("%j becomes %j", (typed, address) => {
    expect(parseAddress(typed)).toBe(address);
  });
});

describe("a server", () => {
  const device = { id: "d", name: "desk", platform: "test" };
  const apiOf = (server: FakeServer): Api =>
    new Api(server, () => ({ address: "http://quire.test", key: null, deviceId: "d" }));

  it("gives a key for a code, once it is right", async () => {
    const api = apiOf(new FakeServer());
    await expect(pair(api, { code: "0", device, sourceId: "s" })).rejects.toThrow("unknown_code");
    expect(await pair(api, { code: " 123-456 ", device, sourceId: "s" })).toEqual({
      key: "key-of-source",
      sourceId: "s",
      collection: "notes",
    });
  });

  it("that is something else is told apart", async () => {
    const server = new FakeServer();
    server.fate = () => ({ status: 200, headers: {}, text: "<html>" });
    await expect(ask(apiOf(server), "notes", "?")).rejects.toThrow("is it Quire?");
    server.fate = () => ({ status: 502, headers: {}, text: "<html>" });
    await expect(ask(apiOf(server), "notes", "?")).rejects.toThrow("status 502");
    server.fate = () => "lose request";
    await expect(ask(apiOf(server), "notes", "?")).rejects.toThrow("cannot reach http://quire.test");
  });
});
