// @vitest-environment jsdom
/** The plugin as Obsidian meets it: loading, events, commands, links. */

import { setup, teardown } from "obsidian-test-mocks/setup";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { RequestUrlParam } from "obsidian";
import type { HttpRequest } from "../../src/core/ports";
import { FakeServer } from "../support/fake-server";
import { install, type Installed } from "../support/obsidian";

let server = new FakeServer();

vi.mock("obsidian", async () => ({
  ...(await import("obsidian-test-mocks/obsidian")),
  requestUrl: async (request: RequestUrlParam) => {
    const body = request.body instanceof ArrayBuffer ? new Uint8Array(request.body) : request.body;
    return server.send({ ...request, headers: request.headers ?? {}, body, timeoutMs: 0 } as HttpRequest);
  },
}));

beforeAll(setup);
afterAll(teardown);
beforeEach(() => {
  server = new FakeServer();
});

/** Loads the plugin, as far as before the layout is ready. */
async function load(files: Record<string, string>): Promise<Installed> {
  const installed = install(files);
  await installed.plugin.onload();
  return installed;
}

/** Loads, pairs and waits for the first look at the vault. */
async function begin(files: Record<string, string>): Promise<Installed> {
  const installed = await load(files);
  await installed.plugin.pair("123-456");
  installed.app.workspace.setLayoutReady__();
  await vi.waitFor(() => expect(installed.engine().board.current.lastSuccessMs).not.toBeNull());
  await installed.engine().settled();
  return installed;
}

describe("loading", () => {
  it("asks nothing of network or notes, and offers the commands", async () => {
    const { recorded, app } = await load({ "a.md": "A" });
    const read = vi.spyOn(app.vault, "readBinary");
    expect(server.requests).toEqual([]);
    expect(read).not.toHaveBeenCalled();
    const names = [...recorded.commands__.values()].map((command) => command.name);
    expect(names).toEqual(["Sync now", "Show sync status", "Search", "Ask", "Insert answer as note"]);
    expect([...recorded.commands__.values()].every((command) => command.hotkeys === undefined)).toBe(true);
  });

  it("sends nothing before the device is paired", async () => {
    const { app, engine } = await load({ "a.md": "A" });
    app.workspace.setLayoutReady__();
    await vi.waitFor(() => expect(engine().board.current.phase).toBe("not paired"));
    expect(server.requests).toEqual([]);
  });
});

describe("a paired vault", () => {
  it("is mirrored, and keeps secrets and this device's state out of the vault", async () => {
    const { app, recorded } = await begin({ "Notes/a.md": "A", "b.md": "B" });
    expect(server.state()).toEqual({ "Notes/a.md": "A", "b.md": "B" });
    expect(JSON.stringify(recorded.data__)).not.toContain("key-of-source");
    expect(Object.keys(recorded.data__ as object)).not.toContain("deviceId");
    expect(app.vault.getFiles().map((file) => file.path).sort()).toEqual(["Notes/a.md", "b.md"]);
  });

  it("is followed through its events", async () => {
    const { app, engine } = await begin({ "Notes/a.md": "A", "b.md": "B", "c.md": "C" });
    const file = app.vault.getFileByPath("b.md");
    const gone = app.vault.getFileByPath("c.md");
    if (file === null || gone === null) throw new Error("the files are there");
    await app.vault.create("d.md", "D");
    await app.vault.rename(file, "moved.md");
    await app.fileManager.trashFile(gone);
    await engine().syncNow();
    expect(server.state()).toEqual({ "Notes/a.md": "A", "moved.md": "B", "d.md": "D" });
  });

  it("stops with the plugin", async () => {
    const { plugin, app } = await begin({ "a.md": "A" });
    plugin.onunload();
    const requests = server.requests.length;
    await app.vault.create("b.md", "B");
    await plugin.engine.syncNow();
    expect(server.requests.length).toBe(requests);
  });
});

describe("a link from outside", () => {
  it("opens a note at its line and makes none", async () => {
    const { app, recorded } = await load({ "a.md": "one\ntwo" });
    const open = vi.spyOn(app.workspace, "openLinkText");
    const handler = recorded.obsidianProtocolHandlers__.get("quire-open");
    handler?.({ action: "quire-open", file: "a.md#Two", line: "2" });
    await vi.waitFor(() => expect(open).toHaveBeenCalledWith("a.md#Two", "", false, { active: true }));
    handler?.({ action: "quire-open", file: "missing.md" });
    handler?.({ action: "quire-open" });
    expect(open).toHaveBeenCalledTimes(1);
    expect(app.vault.getFiles()).toHaveLength(1);
  });
});
