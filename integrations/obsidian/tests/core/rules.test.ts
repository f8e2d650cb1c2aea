/** The choice of files as people make it and as the protocol writes it. */

import { describe, expect, it } from "vitest";
import { type FileChoice, findExclusion, parseFolders, toSourceRules } from "../../src/core/rules";

const CHOICE: FileChoice = {
  includedFolders: [],
  excludedFolders: [],
  attachments: false,
  maxBytes: 100,
  obsidianExcludes: null,
};

describe("the choice of files", () => {
  it("is read one folder a line", () => {
    expect(parseFolders(" /Notes/ \n\nCafe\u0301\n")).toEqual(["Notes", "Caf\u00e9"]);
  });

  it("becomes globs in which names mean themselves", () => {
    const rules = toSourceRules({ ...CHOICE, includedFolders: ["A [x] {y}*"], excludedFolders: ["T"] });
    expect(rules.include).toEqual(["A \\[x\\] \\{y\\}\\*/**"]);
    expect(rules.exclude).toEqual(["**/.*", "**/.*/**", "T/**"]);
    expect(rules).toMatchObject({ max_bytes: 100, index_attachments: false, respect_obsidian_excludes: false });
  });

  it.each([
    ["a.md", 1, null],
    [".trash/a.md", 1, "hidden"],
    ["a.pdf", 1, "kind of file"],
    ["a.md", 101, "too big"],
    ["Archive.md", 1, null],
    ["Archive/a.md", 1, "excluded folder"],
    ["Draft 1.md", 1, "excluded in Obsidian"],
    ["old/x.md", 1, "excluded in Obsidian"],
  ])("says of %s with %d bytes: %s", (path, sizeBytes, exclusion) => {
    const choice = { ...CHOICE, excludedFolders: ["Archive"], obsidianExcludes: ["old/", "/^Draft \\d/", "/(/"] };
    expect(findExclusion(choice, path, sizeBytes)).toBe(exclusion);
  });
});
