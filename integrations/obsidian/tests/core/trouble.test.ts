/** Broken connections, other devices, a vault that is not all there: the mirror must come out right. */

import { describe, expect, it } from "vitest";
import { Device } from "../support/device";
import { FakeServer, hashOf, type Fate } from "../support/fake-server";

const OLD = 1_700_000_000_000;
const MINUTE = 60_000;

function fill(device: Device, count: number): void {
  for (let index = 0; index < count; index += 1) device.vault.write(`Notes/${index}.md`, `# ${index}`, OLD + index);
}

/** A vault in which every kind of change happened since it was last in step. */
async function changedVault(server: FakeServer): Promise<Device> {
  const device = new Device({ http: server });
  fill(device, 90);
  device.vault.write("scan.pdf", new Uint8Array(300).fill(7), OLD);
  await device.start();
  device.vault.write("Notes/1.md", "edited", OLD + MINUTE);
  device.vault.delete("Notes/2.md");
  device.vault.rename("Notes/3.md", "Moved.md");
  device.vault.write("new.pdf", new Uint8Array(500).fill(8), OLD);
  for (let index = 0; index < 70; index += 1) device.vault.write(`More/${index}.md`, `more ${index}`, OLD);
  return device.restart(server);
}

describe("an interruption", () => {
  for (const loss of ["lose request", "lose reply"] as const) {
    it(`at any request (${loss}) and then a repetition end in the same state`, async () => {
      for (let cut = 0; ; cut += 1) {
        const server = new FakeServer();
        server.limits = { ...server.limits, blob_chunk: 100 };
        const device = await changedVault(server);
        const first = server.requests.length;
        server.fate = (_, index): Fate => (index === first + cut ? loss : "answer");
        await device.start();
        if (server.requests.length <= first + cut) {
          expect(cut).toBeGreaterThan(8);
          return;
        }
        const again = device.restart(server);
        await again.start();
        expect(server.state(), `cut at ${server.requests[first + cut]}`).toEqual(device.state());
        const requests = server.requests.length;
        await again.restart(server).start();
        expect(server.requests.slice(requests)).toEqual(["GET source"]);
      }
    });
  }

  it("is tried again after growing waits, and at once when the network is back", async () => {
    const server = new FakeServer();
    const device = new Device({ http: server });
    fill(device, 5);
    server.fate = () => "lose request";
    await device.start();
    expect(device.engine.board.current.phase).toBe("offline");
    await device.wait(10 * MINUTE);
    const tries = server.requests.length;
    expect(tries).toBeGreaterThan(5);
    expect(tries).toBeLessThan(12);
    server.fate = () => "answer";
    device.engine.retry();
    await device.engine.settled();
    expect(server.state()).toEqual(device.state());
  });

  it("keeps the changes that were to be sent", async () => {
    const server = new FakeServer();
    const device = new Device({ http: server });
    fill(device, 5);
    await device.start();
    server.fate = () => "lose request";
    device.vault.write("Notes/0.md", "edited", device.clock.nowMs());
    device.engine.noteChanged("Notes/0.md");
    device.vault.delete("Notes/1.md");
    device.engine.noteDeleted("Notes/1.md");
    await device.wait(MINUTE);
    expect(device.engine.board.current).toMatchObject({ phase: "offline", pending: 2 });
    server.fate = () => "answer";
    await device.wait(6 * MINUTE);
    expect(server.state()).toEqual(device.state());
    expect(device.engine.board.current).toMatchObject({ phase: "idle", pending: 0 });
  });
});

describe("two devices on one vault", () => {
  it("converge whatever the order, and the newer version wins", async () => {
    const server = new FakeServer();
    const desk = new Device({ http: server, name: "desk" });
    fill(desk, 10);
    const phone = new Device({ http: server, name: "phone" });
    fill(phone, 10);
    desk.vault.write("Notes/1.md", "from the desk", OLD + 5 * MINUTE);
    phone.vault.write("Notes/1.md", "from the phone", OLD + 9 * MINUTE);
    await phone.start();
    await desk.start();
    expect(server.state()).toEqual(phone.state());
    expect(desk.engine.board.current.problems.get("Notes/1.md")?.message).toContain("newer version from phone");
    desk.vault.write("Notes/1.md", "from the phone", OLD + 9 * MINUTE);
    desk.engine.noteChanged("Notes/1.md");
    await desk.wait(4_000);
    expect(desk.engine.board.current.problems.size).toBe(0);
  });

  it("let the user keep the older version, and notice a third one meanwhile (412)", async () => {
    const server = new FakeServer();
    const desk = new Device({ http: server, name: "desk" });
    const phone = new Device({ http: server, name: "phone" });
    desk.vault.write("a.md", "older", OLD);
    phone.vault.write("a.md", "newer", OLD + MINUTE);
    await phone.start();
    await desk.start();
    phone.vault.write("a.md", "newest", OLD + 2 * MINUTE);
    await phone.engine.syncNow();
    await desk.engine.keepMine("a.md");
    expect(server.state()["a.md"]).toBe("newest");
    expect(desk.engine.board.current.problems.get("a.md")?.serverHash).toBe(hashOf(Buffer.from("newest")));
    await desk.engine.keepMine("a.md");
    expect(server.state()["a.md"]).toBe("older");
    expect(desk.engine.board.current.problems.size).toBe(0);
  });

  it("do not delete each other's attachments where one sends none", async () => {
    const server = new FakeServer();
    const desk = new Device({ http: server, name: "desk" });
    const phone = new Device({ http: server, name: "phone", settings: { sendsAttachments: false } });
    for (const device of [desk, phone]) {
      fill(device, 3);
      device.vault.write("scan.pdf", new Uint8Array(300), OLD);
    }
    phone.vault.write("photo.png", new Uint8Array(30), OLD);
    await desk.start();
    await phone.start();
    expect(Object.keys(server.state())).toContain("scan.pdf");
    expect(Object.keys(server.state())).not.toContain("photo.png");
    const requests = server.requests.length;
    await phone.restart(server).start();
    expect(server.requests.slice(requests)).toEqual(["GET source"]);
  });

  it("only search where that is what the user chose", async () => {
    const server = new FakeServer();
    const phone = new Device({ http: server, settings: { onlySearches: true } });
    fill(phone, 3);
    await phone.start();
    phone.engine.noteChanged("Notes/0.md");
    await phone.wait(MINUTE);
    expect(server.requests).toEqual([]);
    expect(phone.engine.board.current.phase).toBe("only searches");
  });
});

describe("deleting much", () => {
  it("is asked about, and done only for the number agreed to", async () => {
    const server = new FakeServer();
    const device = new Device({ http: server });
    fill(device, 100);
    await device.start();
    const whole = server.state();
    for (let index = 0; index < 60; index += 1) device.vault.delete(`Notes/${index}.md`);
    device.vault.write("Notes/99.md", "edited", OLD + MINUTE);
    await device.engine.syncNow();
    expect(device.engine.board.current.guard).toMatchObject({ wouldDelete: 60, of: 100 });
    expect(server.state()).toEqual({ ...whole, "Notes/99.md": "edited" });
    await device.wait(7 * 60 * MINUTE);
    expect(Object.keys(server.state())).toHaveLength(100);
    device.vault.delete("Notes/60.md");
    await device.engine.agreeToDelete(60);
    expect(device.engine.board.current.guard).toMatchObject({ wouldDelete: 61 });
    await device.engine.agreeToDelete(61);
    expect(device.engine.board.current.guard).toBeNull();
    expect(server.state()).toEqual(device.state());
  });

  it("is asked about even in a small vault where nothing is listed at all", async () => {
    const server = new FakeServer();
    const device = new Device({ http: server });
    fill(device, 5);
    await device.start();
    device.vault.files.clear();
    const again = device.restart(server);
    await again.start();
    expect(again.engine.board.current.guard).toMatchObject({ wouldDelete: 5 });
    expect(Object.keys(server.state())).toHaveLength(5);
  });

  it("never happens while the vault is still being loaded", async () => {
    const server = new FakeServer();
    const device = new Device({ http: server });
    fill(device, 100);
    await device.start();
    const whole = [...device.vault.files];
    for (const [path] of whole.slice(30)) device.vault.files.delete(path);
    const again = device.restart(server);
    await again.start();
    expect(Object.keys(server.state())).toHaveLength(100);
    for (const [path, file] of whole) {
      device.vault.files.set(path, file);
      again.engine.noteChanged(path);
    }
    await again.wait(4_000);
    expect(again.engine.board.current.guard).toBeNull();
    expect(server.state()).toEqual(device.state());
  });

  it("does not touch a file that cannot be read", async () => {
    const server = new FakeServer();
    const device = new Device({ http: server });
    fill(device, 5);
    await device.start();
    device.vault.write("Notes/1.md", "locked", OLD + MINUTE);
    device.vault.onRead = () => {
      throw new Error("the file is locked");
    };
    await device.engine.syncNow();
    expect(server.state()["Notes/1.md"]).toBe("# 1");
    expect(device.engine.board.current.problems.get("Notes/1.md")?.message).toBe("the file is locked");
    device.vault.onRead = null;
    await device.wait(MINUTE);
    expect(server.state()).toEqual(device.state());
    expect(device.engine.board.current.problems.size).toBe(0);
  });
});

describe("the server's refusals", () => {
  it("410 makes a new plan", async () => {
    const server = new FakeServer();
    const device = new Device({ http: server });
    fill(device, 5);
    await device.start();
    device.vault.delete("Notes/1.md");
    const plans = server.count("POST plan");
    let forgotten = false;
    server.fate = (request): Fate => {
      if (request.url.endsWith("/commit") && !forgotten) {
        forgotten = true;
        server.forgetPlans();
      }
      return "answer";
    };
    await device.engine.syncNow();
    expect(device.engine.board.current.phase).toBe("failed");
    await device.wait(MINUTE);
    expect(server.count("POST plan")).toBe(plans + 2);
    expect(device.engine.board.current.phase).toBe("idle");
    expect(server.state()).toEqual(device.state());
  });

  it("401 stops until the device is paired again", async () => {
    const server = new FakeServer();
    server.key = "right";
    const device = new Device({ http: server });
    fill(device, 5);
    await device.start();
    await device.wait(60 * MINUTE);
    expect(server.requests).toHaveLength(1);
    expect(device.engine.board.current.phase).toBe("not paired");
    server.key = null;
    device.engine.retry();
    await device.engine.settled();
    expect(server.state()).toEqual(device.state());
  });

  it("429 is waited for as long as it asks", async () => {
    const server = new FakeServer();
    const device = new Device({ http: server });
    fill(device, 2);
    server.fate = (_, index): Fate =>
      index === 0 ? { status: 429, headers: { "retry-after": "120" }, text: "{}" } : "answer";
    await device.start();
    await device.wait(2 * MINUTE - 1);
    expect(server.requests).toHaveLength(1);
    await device.wait(1);
    expect(server.state()).toEqual(device.state());
  });

  it("413 for a batch halves it, and is told of the one file that is too big", async () => {
    const server = new FakeServer();
    const device = new Device({ http: server });
    fill(device, 20);
    device.vault.write("Long.md", "x".repeat(5000), OLD);
    server.fate = (request): Fate =>
      request.url.endsWith("/batch") && String(request.body).length > 4000
        ? { status: 413, headers: {}, text: JSON.stringify({ error: { code: "too_large", message: "too big" } }) }
        : "answer";
    await device.start();
    expect(Object.keys(server.state())).toHaveLength(20);
    expect(device.engine.board.current.problems.get("Long.md")?.message).toBe("too big");
  });
});

describe("a big attachment", () => {
  it("goes in parts, and on where it broke off", async () => {
    const server = new FakeServer();
    server.limits = { ...server.limits, blob_chunk: 1000 };
    const device = new Device({ http: server });
    const bytes = new Uint8Array(9_500).map((_, index) => index % 251);
    device.vault.write("scan.pdf", bytes, OLD);
    server.fate = (_, index): Fate => (server.count("PATCH blobs") === 6 && index < 12 ? "lose request" : "answer");
    await device.start();
    expect(device.engine.board.current.phase).toBe("offline");
    server.fate = () => "answer";
    await device.wait(MINUTE);
    expect(server.contents.get(hashOf(bytes))).toEqual(bytes);
    expect(server.entries.get("scan.pdf")?.hash).toBe(hashOf(bytes));
    expect(server.count("PATCH blobs")).toBe(11);
  });

  it("that the server has from elsewhere is not sent", async () => {
    const server = new FakeServer();
    server.limits = { ...server.limits, blob_chunk: 1000 };
    const device = new Device({ http: server });
    const bytes = new Uint8Array(5_000).fill(3);
    server.contents.set(hashOf(bytes), bytes);
    device.vault.write("scan.pdf", bytes, OLD);
    await device.start();
    expect(server.count("PATCH blobs")).toBe(0);
    expect(server.entries.get("scan.pdf")?.hash).toBe(hashOf(bytes));
  });
});
