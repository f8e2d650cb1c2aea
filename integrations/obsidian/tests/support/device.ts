/** A device with a vault, a clock and the engine, as the plugin puts them together. */

import { Api } from "../../src/core/api";
import { SyncEngine } from "../../src/core/engine";
import type { HttpPort, Ports, StoragePort } from "../../src/core/ports";
import { type FileChoice, toSourceRules } from "../../src/core/rules";
import { DEFAULT_TIMING, type SyncSettings } from "../../src/core/settings";
import { nodeHash } from "./fake-server";
import { MemoryVault } from "./memory-vault";
import { SteppedClock } from "./stepped-clock";

const CHOICE: FileChoice = {
  includedFolders: [],
  excludedFolders: [],
  attachments: true,
  maxBytes: 64 * 1024 * 1024,
  obsidianExcludes: null,
};

export class MemoryStorage implements StoragePort {
  readonly kept = new Map<string, string>();

  load(key: string): Promise<unknown> {
    const text = this.kept.get(key);
    return Promise.resolve(text === undefined ? null : (JSON.parse(text) as unknown));
  }

  save(key: string, value: unknown): Promise<void> {
    this.kept.set(key, JSON.stringify(value));
    return Promise.resolve();
  }
}

/** What a test may choose; the rest is as a user finds it. */
export interface DeviceOptions {
  http: HttpPort;
  name?: string;
  vault?: MemoryVault;
  clock?: SteppedClock;
  storage?: MemoryStorage;
  address?: string;
  key?: string;
  settings?: Partial<SyncSettings>;
}

/** One installation of the plugin, less Obsidian. */
export class Device {
  readonly vault: MemoryVault;
  readonly clock: SteppedClock;
  readonly storage: MemoryStorage;
  readonly engine: SyncEngine;
  readonly api: Api;
  settings: SyncSettings;

  constructor(readonly options: DeviceOptions) {
    const name = options.name ?? "desk";
    this.vault = options.vault ?? new MemoryVault();
    this.clock = options.clock ?? new SteppedClock();
    this.storage = options.storage ?? new MemoryStorage();
    const ports: Ports = { vault: this.vault, http: options.http, clock: this.clock, hash: nodeHash, storage: this.storage };
    const connection = { address: options.address ?? "http://quire.test", key: options.key ?? null, deviceId: name };
    this.settings = {
      sourceId: "6f1c2c1e-0000-4000-8000-000000000001",
      collection: "notes",
      vault: { name: "Vault" },
      device: { id: name, name, platform: "test" },
      choice: CHOICE,
      rules: toSourceRules(CHOICE),
      sendsAttachments: true,
      onlySearches: false,
      networkAllowed: () => true,
      ...options.settings,
    };
    this.api = new Api(options.http, () => connection);
    this.engine = new SyncEngine({ ports, api: this.api, settings: () => this.settings, timing: DEFAULT_TIMING });
  }

  /** Starts and waits until the first look at the vault is over. */
  async start(): Promise<void> {
    this.engine.start();
    await this.engine.settled();
  }

  /** Lets time pass. */
  async wait(ms: number): Promise<void> {
    await this.clock.advance(ms, () => this.engine.settled());
  }

  /** Ends this run of the program; what it stored stays. */
  restart(http: HttpPort): Device {
    this.engine.stop();
    const { vault, clock, storage, settings } = this;
    return new Device({ ...this.options, http, vault, clock, storage, settings });
  }

  /** Gives the vault's files as text, by the protocol's paths. */
  state(): Record<string, string> {
    const files = [...this.vault.files].map(([path, { bytes }]) => [path.normalize("NFC"), new TextDecoder().decode(bytes)]);
    return Object.fromEntries(files.sort()) as Record<string, string>;
  }
}
