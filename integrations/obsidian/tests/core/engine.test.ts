/** What a user notices of the synchronisation, against a server in memory. */

import { describe, expect, it } from "vitest";
import { Device } from "../support/device";
import { FakeServer } from "../support/fake-server";

const OLD = 1_700_000_000_000;

function vaultOf(count: number, server = new FakeServer()): { server: FakeServer; device: Device } {
  const device = new Device({ http: server });
  for (let index = 0; index < count; index += 1) device.vault.write(`Notes/${index}.md`, `# ${index}`, OLD + index);
  return { server, device };
}

describe("a vault at the start", () => {
  it("is mirrored whole, in batches", async () => {
    const { server, device } = vaultOf(150);
    await device.start();
    expect(server.state()).toEqual(device.state());
    expect(server.count("POST batch")).toBe(3);
    expect(device.engine.board.current).toMatchObject({ phase: "idle", files: 150, guard: null });
  });

  it("costs one request and no read when nothing changed", async () => {
    const { server, device } = vaultOf(150);
    await device.start();
    const again = device.restart(server);
    const [requests, reads] = [server.requests.length, device.vault.reads];
    await again.start();
    expect(server.requests.slice(requests)).toEqual(["GET source"]);
    expect(device.vault.reads).toBe(reads);
  });

  it("is compared by its digest alone where the device has forgotten everything", async () => {
    const { server, device } = vaultOf(30);
    await device.start();
    device.storage.kept.clear();
    const again = device.restart(server);
    const requests = server.requests.length;
    await again.start();
    expect(server.requests.slice(requests)).toEqual(["PUT source", "GET source"]);
  });

  it("sends what changed while the program was closed, and nothing else", async () => {
    const { server, device } = vaultOf(50);
    await device.start();
    device.vault.write("Notes/1.md", "# changed", OLD + 1_000_000);
    device.vault.delete("Notes/2.md");
    device.vault.rename("Notes/3.md", "Archive/3.md");
    const again = device.restart(server);
    const uploads = server.uploadedBytes.length;
    await again.start();
    expect(server.state()).toEqual(device.state());
    expect(server.uploadedBytes.length - uploads).toBe(1);
  });

  it("handles empty notes, emoji and both spellings of accents", async () => {
    const { server, device } = vaultOf(0);
    device.vault.write("Empty.md", "", OLD);
    device.vault.write("🌱 garden/🐝\uE000.md", "bees", OLD);
    device.vault.write("🌱 garden/\uFFEEhalf.md", "width", OLD);
    device.vault.write("Cafe\u0301.md", "decomposed", OLD);
    device.vault.write("With mark.md", "\uFEFFtext", OLD);
    await device.start();
    expect(Object.keys(server.state())).toContain("Caf\u00e9.md");
    expect(server.state()).toEqual(device.state());
    device.vault.write("Cafe\u0301.md", "edited", OLD + 5);
    device.engine.noteChanged("Cafe\u0301.md");
    await device.wait(4_000);
    expect(server.state()["Caf\u00e9.md"]).toBe("edited");
  });

  it("tells of two files that differ only in their spelling", async () => {
    const { device } = vaultOf(0);
    device.vault.write("Cafe\u0301.md", "one", OLD);
    device.vault.write("Caf\u00e9.md", "two", OLD);
    await device.start();
    expect(device.engine.board.current.problems.size).toBe(1);
  });

  it("says what stays away and why", async () => {
    const { server, device } = vaultOf(1);
    device.vault.write("song.mp3", "la", OLD);
    device.vault.write("Templates/daily.md", "x", OLD);
    device.vault.write("Private/diary.md", "x", OLD);
    device.vault.write("big.md", "x".repeat(200), OLD);
    const choice = {
      ...device.settings.choice,
      excludedFolders: ["Templates"],
      maxBytes: 100,
      obsidianExcludes: ["Private/", "/x{9/"],
    };
    device.settings = { ...device.settings, choice };
    await device.start();
    expect(Object.keys(server.state())).toEqual(["Notes/0.md"]);
    expect([...device.engine.board.current.excluded]).toEqual([
      ["song.mp3", "kind of file"],
      ["Templates/daily.md", "excluded folder"],
      ["Private/diary.md", "excluded in Obsidian"],
      ["big.md", "too big"],
    ]);
  });
});

describe("changes", () => {
  it("are sent three seconds after the last, and after thirty at the latest", async () => {
    const { server, device } = vaultOf(3);
    await device.start();
    const edit = (text: string): void => {
      device.vault.write("Notes/0.md", text, device.clock.nowMs());
      device.engine.noteChanged("Notes/0.md");
    };
    edit("a");
    await device.wait(2_900);
    expect(server.state()["Notes/0.md"]).toBe("# 0");
    await device.wait(200);
    expect(server.state()["Notes/0.md"]).toBe("a");
    for (let second = 0; second < 29; second += 2) {
      edit(`b${second}`);
      await device.wait(2_000);
    }
    expect(server.state()["Notes/0.md"]).toMatch(/^b/);
  });

  it("of the file in the editor wait for ten seconds of silence", async () => {
    const { server, device } = vaultOf(3);
    await device.start();
    device.vault.active = "Notes/0.md";
    for (let second = 0; second < 60; second += 5) {
      device.vault.write("Notes/0.md", `typing ${second}`, device.clock.nowMs());
      device.engine.noteChanged("Notes/0.md");
      await device.wait(5_000);
    }
    expect(server.state()["Notes/0.md"]).toBe("# 0");
    await device.engine.syncNow();
    expect(server.state()["Notes/0.md"]).toBe("# 0");
    await device.wait(10_000);
    expect(server.state()["Notes/0.md"]).toBe("typing 55");
  });

  it("rename without uploading, through a chain and with an edit", async () => {
    const { server, device } = vaultOf(3);
    await device.start();
    const uploads = server.uploadedBytes.length;
    device.vault.rename("Notes/0.md", "a.md");
    device.engine.noteRenamed("Notes/0.md", "a.md");
    device.vault.rename("a.md", "b.md");
    device.engine.noteRenamed("a.md", "b.md");
    await device.wait(4_000);
    expect(server.state()).toEqual(device.state());
    expect(server.uploadedBytes.length).toBe(uploads);
    device.vault.rename("b.md", "c.md");
    device.engine.noteRenamed("b.md", "c.md");
    device.vault.write("c.md", "edited on the way", device.clock.nowMs());
    device.engine.noteChanged("c.md");
    await device.wait(14_000);
    expect(server.state()).toEqual(device.state());
  });

  it("swap two notes", async () => {
    const { server, device } = vaultOf(3);
    await device.start();
    for (const [from, to] of [["Notes/0.md", "t.md"], ["Notes/1.md", "Notes/0.md"], ["t.md", "Notes/1.md"]] as const) {
      device.vault.rename(from, to);
      device.engine.noteRenamed(from, to);
    }
    await device.wait(4_000);
    expect(server.state()).toEqual(device.state());
  });

  it("delete, and bring back from the trash with the old time", async () => {
    const { server, device } = vaultOf(3);
    await device.start();
    device.vault.delete("Notes/0.md");
    device.engine.noteDeleted("Notes/0.md");
    await device.wait(4_000);
    expect(server.state()).toEqual(device.state());
    device.vault.write("Notes/0.md", "# 0", OLD);
    device.engine.noteChanged("Notes/0.md");
    await device.wait(4_000);
    expect(server.state()).toEqual(device.state());
  });

  it("of files that stay away send nothing", async () => {
    const { server, device } = vaultOf(1);
    await device.start();
    const requests = server.requests.length;
    device.vault.write("song.mp3", "la", OLD);
    device.engine.noteChanged("song.mp3");
    device.engine.noteDeleted(".trash/old.md");
    await device.wait(4_000);
    expect(server.requests.length).toBe(requests);
    device.vault.rename("song.mp3", "song.txt");
    device.engine.noteRenamed("song.mp3", "song.txt");
    await device.wait(4_000);
    expect(server.state()["song.txt"]).toBe("la");
    device.vault.rename("song.txt", "song.mp3");
    device.engine.noteRenamed("song.txt", "song.mp3");
    await device.wait(4_000);
    expect(Object.keys(server.state())).toEqual(["Notes/0.md"]);
  });

  it("delete a note whose time lies ahead", async () => {
    const { server, device } = vaultOf(2);
    await device.start();
    device.vault.write("ahead.md", "x", device.clock.nowMs() + 3_600_000);
    device.engine.noteChanged("ahead.md");
    await device.wait(4_000);
    device.vault.rename("ahead.md", "moved.md");
    device.engine.noteRenamed("ahead.md", "moved.md");
    await device.wait(4_000);
    expect(server.state()).toEqual(device.state());
    device.vault.delete("moved.md");
    device.engine.noteDeleted("moved.md");
    await device.wait(4_000);
    expect(server.state()).toEqual(device.state());
  });

  it("of a folder compare what is below it, and upload nothing", async () => {
    const { server, device } = vaultOf(40);
    device.vault.write("Other.md", "other", OLD);
    await device.start();
    const uploads = server.uploadedBytes.length;
    for (const path of [...device.vault.files.keys()].filter((name) => name.startsWith("Notes/"))) {
      device.vault.rename(path, path.replace("Notes/", "Archive/"));
    }
    device.engine.noteFolderChanged("Notes");
    device.engine.noteFolderChanged("Archive");
    await device.wait(4_000);
    expect(server.state()).toEqual(device.state());
    expect(server.uploadedBytes.length).toBe(uploads);
  });
});

describe("a file that changes while it is read", () => {
  it("is sent later, whole", async () => {
    const { server, device } = vaultOf(2);
    device.vault.onRead = (path) => {
      if (path === "Notes/1.md") device.vault.write(path, "half", device.clock.nowMs());
    };
    await device.start();
    expect(server.state()).toEqual({ "Notes/0.md": "# 0" });
    device.vault.onRead = null;
    device.vault.write("Notes/1.md", "whole", device.clock.nowMs());
    await device.wait(10_000);
    expect(server.state()["Notes/1.md"]).toBe("whole");
  });

  it("or on the way is refused with 422 and sent again", async () => {
    const { server, device } = vaultOf(2);
    let spoilt = 0;
    const send = server.send.bind(server);
    server.send = (request) => {
      if (!request.url.endsWith("/batch") || spoilt > 0) return send(request);
      spoilt += 1;
      return send({ ...request, body: String(request.body).replace("# 1", "# X") });
    };
    await device.start();
    expect(server.state()).toEqual({ "Notes/0.md": "# 0" });
    await device.wait(10_000);
    expect(server.state()).toEqual(device.state());
  });
});
