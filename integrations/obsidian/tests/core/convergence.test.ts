/** Random operations on two devices, in any order and with any cut: the same final state each time. */

import { describe, expect, it } from "vitest";
import { Device } from "../support/device";
import { FakeServer, type Fate } from "../support/fake-server";

/** Numbers that look like chance and are the same in each run (mulberry32). */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Is never touched: a vault without any file would be asked about. */
const KEPT = "kept.md";

/** Does something to the vault, as a user would, and lets the engine hear of it. */
function change(device: Device, random: (below: number) => number): void {
  const { vault, engine, clock } = device;
  // No two changes of one file fall into the same millisecond.
  clock.skip(1);
  const paths = [...vault.files.keys()].filter((path) => path !== KEPT);
  const path = paths[random(Math.max(1, paths.length))];
  const fresh = `${["", "A/", "A/B/", "Ü/"][random(4)]}${random(12)}.md`;
  switch (path === undefined ? 0 : random(5)) {
    case 0:
    case 1: {
      const target = random(2) === 0 ? fresh : (path ?? fresh);
      vault.write(target, `text ${random(6)}`, clock.nowMs() - random(3) * 1_000);
      engine.noteChanged(target);
      return;
    }
    case 2:
      vault.delete(path ?? fresh);
      engine.noteDeleted(path ?? fresh);
      return;
    default:
      if (path === undefined || vault.files.has(fresh)) return;
      vault.rename(path, fresh);
      engine.noteRenamed(path, fresh);
  }
}

/** Loses about one request in eight. */
function unreliable(random: (below: number) => number): () => Fate {
  return () => (random(16) === 0 ? "lose request" : random(16) === 0 ? "lose reply" : "answer");
}

describe("after random changes, cuts and restarts", () => {
  it("one vault and its mirror are the same", async () => {
    for (let seed = 1; seed <= 400; seed += 1) {
      const random = chance(seed);
      const server = new FakeServer();
      server.fate = unreliable(random);
      let device = new Device({ http: server });
      device.vault.write(KEPT, "kept", 0);
      await device.start();
      for (let step = 0; step < 40; step += 1) {
        change(device, random);
        if (random(3) === 0) await device.wait(random(8_000));
        if (random(12) === 0) {
          device = device.restart(server);
          await device.start();
        }
      }
      server.fate = () => "answer";
      await device.wait(15 * 60_000);
      expect(device.engine.board.current.problems, `seed ${seed}`).toEqual(new Map());
      expect(server.state(), `seed ${seed}`).toEqual(device.state());
    }
  });

  it("the server's state does not depend on which of two devices speaks first", async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const states = [];
      for (const order of [[0, 1], [1, 0]]) {
        const random = chance(seed);
        const server = new FakeServer();
        const devices = ["desk", "phone"].map((name) => new Device({ http: server, name }));
        for (const device of devices) {
          for (let step = 0; step < 20; step += 1) {
            device.vault.write(`${random(15)}.md`, `text ${random(9)}`, 1_700_000_000_000 + random(1_000));
          }
        }
        for (const index of [...order, ...order]) {
          // Neither has ever seen the other's files: what it lacks is not deleted, only what it has is compared.
          const device = devices[index];
          const seen = server.state();
          for (const path of Object.keys(seen)) {
            if (!device?.vault.files.has(path)) device?.vault.write(path, seen[path] ?? "", server.entries.get(path)?.ts ?? 0);
          }
          await device?.engine.syncNow();
          device?.engine.start();
          await device?.engine.settled();
        }
        states.push(server.state());
      }
      expect(states[0], `seed ${seed}`).toEqual(states[1]);
    }
  });
});
