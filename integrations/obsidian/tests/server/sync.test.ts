/** The core against a real server: what the fake one shows must be true of it too. */

import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { HttpPort } from "../../src/core/ports";
import { search } from "../../src/core/answers";
import { Device } from "../support/device";
import { hashOf } from "../support/fake-server";
import type { MemoryVault } from "../support/memory-vault";
import {
  createCollection, deleteCollection, fetchHttp, indexedDocuments, owner, pairDevice, SERVER, SKIP_NOTE,
} from "../support/real-server";
import { SteppedClock } from "../support/stepped-clock";

const OLD = Date.now() - 24 * 60 * 60_000;

/** Counts what is sent, and loses what a test wants to be lost. */
class Wire implements HttpPort {
  readonly requests: string[] = [];
  lose: (index: number) => "request" | "reply" | null = () => null;

  async send(request: Parameters<HttpPort["send"]>[0]): ReturnType<HttpPort["send"]> {
    const loss = this.lose(this.requests.length);
    this.requests.push(`${request.method} ${new URL(request.url).pathname.split("/").slice(4).join("/")}`);
    if (loss === "request") throw new Error("connection refused");
    const reply = await fetchHttp.send(request);
    if (loss === "reply") throw new Error("connection reset");
    return reply;
  }
}

function hashes(vault: MemoryVault): Record<string, string> {
  return Object.fromEntries([...vault.files].map(([path, { bytes }]) => [path.normalize("NFC"), hashOf(bytes).slice(7)]));
}

describe.skipIf(SERVER === "")(`a vault on a real server${SKIP_NOTE}`, () => {
  let collection = "";
  let wire = new Wire();

  beforeEach(async () => {
    collection = await createCollection();
    wire = new Wire();
  }, 30_000);
  afterEach(() => deleteCollection(collection));

  async function connect(name: string, sourceId: string | null): Promise<Device> {
    const paired = await pairDevice(collection, sourceId, name);
    const settings = { sourceId: paired.sourceId, collection };
    const clock = new SteppedClock(Date.now());
    return new Device({ http: wire, name, clock, address: SERVER, key: paired.key, settings });
  }

  async function fill(device: Device): Promise<void> {
    for (let index = 0; index < 80; index += 1) {
      device.vault.write(`Notes/${index}.md`, `# Note ${index}\n\nThis is about subject ${index}.`, OLD + index);
    }
    device.vault.write("Empty.md", "", OLD);
    device.vault.write("🌱 garden/🐝\uE000.md", "Bees like lavender.", OLD);
    device.vault.write("Cafe\u0301.md", "Coffee from Ethiopia.", OLD);
    await device.start();
    expect(device.engine.board.current).toMatchObject({ phase: "idle", message: null });
  }

  it("is mirrored, searchable, and costs one request when nothing changed", async () => {
    const device = await connect("desk", null);
    await fill(device);
    expect(await indexedDocuments(collection)).toEqual(hashes(device.vault));
    const [hit] = await search(owner, collection, "which plant do bees like", 3);
    expect(hit?.document.path).toBe("🌱 garden/🐝\uE000.md");
    const requests = wire.requests.length;
    await device.restart(wire).start();
    expect(wire.requests.slice(requests)).toEqual(["GET "]);
  }, 120_000);

  it("follows edits, renames, deletions, and files from the trash", async () => {
    const device = await connect("desk", null);
    await fill(device);
    const { vault, engine, clock } = device;
    vault.write("Notes/1.md", "# Edited", clock.nowMs());
    engine.noteChanged("Notes/1.md");
    vault.rename("Notes/2.md", "Moved.md");
    engine.noteRenamed("Notes/2.md", "Moved.md");
    vault.delete("Notes/3.md");
    engine.noteDeleted("Notes/3.md");
    for (const [from, to] of [["Notes/4.md", "t.md"], ["Notes/5.md", "Notes/4.md"], ["t.md", "Notes/5.md"]] as const) {
      vault.rename(from, to);
      engine.noteRenamed(from, to);
    }
    await device.wait(4_000);
    expect(await indexedDocuments(collection)).toEqual(hashes(vault));
    vault.write("Notes/3.md", "# Note 3\n\nThis is about subject 3.", OLD + 3);
    engine.noteChanged("Notes/3.md");
    await device.wait(4_000);
    expect(await indexedDocuments(collection)).toEqual(hashes(vault));
    expect(engine.board.current.problems.size).toBe(0);
  }, 120_000);

  it("asks before many deletions, and does them when told to", async () => {
    const device = await connect("desk", null);
    await fill(device);
    for (let index = 0; index < 60; index += 1) device.vault.delete(`Notes/${index}.md`);
    await device.engine.syncNow();
    expect(device.engine.board.current.guard).toMatchObject({ wouldDelete: 60 });
    expect(Object.keys(await indexedDocuments(collection))).toHaveLength(83);
    await device.engine.agreeToDelete(60);
    expect(await indexedDocuments(collection)).toEqual(hashes(device.vault));
  }, 120_000);

  it("comes out the same after a cut at any request", async () => {
    for (const loss of ["request", "reply"] as const) {
      const device = await connect("desk", null);
      for (let index = 0; index < 70; index += 1) device.vault.write(`Cut/${index}.md`, `Cut ${loss} ${index}`, OLD);
      for (let cut = 0; cut < 8; cut += 1) {
        device.vault.write(`Cut/${cut}.md`, `Changed ${loss} ${cut}`, Date.now());
        device.vault.delete(`Cut/${cut + 20}.md`);
        const first = wire.requests.length;
        wire.lose = (index) => (index === first + cut ? loss : null);
        const attempt = device.restart(wire);
        await attempt.start();
        wire.lose = () => null;
        const again = attempt.restart(wire);
        await again.start();
        expect(again.engine.board.current.phase).toBe("idle");
      }
      expect(await indexedDocuments(collection)).toEqual(hashes(device.vault));
      await deleteCollection(collection);
      collection = await createCollection();
    }
  }, 240_000);

  it("is pushed by two devices and converges", async () => {
    const desk = await connect("desk", null);
    await fill(desk);
    const phone = await connect("phone", desk.settings.sourceId);
    for (const [path, file] of desk.vault.files) phone.vault.files.set(path, file);
    desk.vault.write("Notes/1.md", "from the desk", OLD + 60_000);
    phone.vault.write("Notes/1.md", "from the phone", OLD + 120_000);
    await phone.start();
    await desk.engine.syncNow();
    expect(await indexedDocuments(collection)).toEqual(hashes(phone.vault));
    expect(desk.engine.board.current.problems.get("Notes/1.md")?.message).toContain("newer version");
    await desk.engine.keepMine("Notes/1.md");
    expect(await indexedDocuments(collection)).toEqual(hashes(desk.vault));
  }, 120_000);

  it("takes big attachments in parts", async () => {
    const device = await connect("desk", null);
    const bytes = new Uint8Array(9 * 1024 * 1024).map((_, index) => (index * 7 + (index >> 9)) % 251);
    device.vault.write("scan.png", bytes, OLD);
    const first = wire.requests.length;
    wire.lose = (index) => (index === first + 6 ? "reply" : null);
    await device.start();
    wire.lose = () => null;
    await device.restart(wire).start();
    expect(wire.requests.filter((request) => request.startsWith("PATCH")).length).toBeLessThan(5);
    expect(await indexedDocuments(collection)).toEqual({ "scan.png": hashOf(bytes).slice(7) });
  }, 120_000);

  it("cannot be touched with another source's key", async () => {
    const device = await connect("desk", null);
    device.settings = { ...device.settings, sourceId: randomUUID() };
    await device.start();
    expect(device.engine.board.current.phase).toBe("not paired");
  }, 30_000);
});
