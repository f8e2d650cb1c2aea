/**
 * The user's wishes: those that hold for the vault lie in the plugin's data and travel with it; those of this
 * device lie in Obsidian's local storage; the key lies in its secret storage.
 */

import { type App, Platform, type Plugin } from "obsidian";
import type { Device } from "../core/protocol";
import { type FileChoice, parseFolders } from "../core/rules";

/** What all devices of the vault share. */
export interface VaultPreferences {
  /** The source on the server: one for the vault, however many devices. Empty until the first pairing. */
  sourceId: string;
  collection: string;
  /** One folder a line. */
  includedFolders: string;
  excludedFolders: string;
  attachments: boolean;
  maxMegabytes: number;
  respectObsidianExcludes: boolean;
}

/** What only this device is to know. */
export interface DevicePreferences {
  deviceId: string;
  address: string;
  sendsAttachments: boolean;
  onlySearches: boolean;
  onlyWifi: boolean;
}

const DEFAULTS: VaultPreferences = {
  sourceId: "",
  collection: "notes",
  includedFolders: "",
  excludedFolders: "",
  attachments: true,
  maxMegabytes: 50,
  respectObsidianExcludes: true,
};

const DEVICE_KEY = "quire-device";

/** Reads and writes them. */
export class Preferences {
  vault: VaultPreferences = { ...DEFAULTS };
  /** What Obsidian's own setting for excluded files says; read at the start. */
  obsidianExcludes: string[] = [];
  private readonly app: App;

  constructor(private readonly plugin: Plugin) {
    this.app = plugin.app;
  }

  async load(): Promise<void> {
    this.vault = { ...DEFAULTS, ...((await this.plugin.loadData()) as Partial<VaultPreferences> | null) };
  }

  async save(change: Partial<VaultPreferences>): Promise<void> {
    this.vault = { ...this.vault, ...change };
    await this.plugin.saveData(this.vault);
  }

  /** Gives this device's wishes; the first time they are chosen by what it is. */
  get device(): DevicePreferences {
    const kept = this.app.loadLocalStorage(DEVICE_KEY) as Partial<DevicePreferences> | null;
    const device: DevicePreferences = {
      deviceId: "",
      address: "http://127.0.0.1:1234",
      sendsAttachments: !Platform.isMobile,
      onlySearches: false,
      onlyWifi: Platform.isMobile,
      ...kept,
    };
    if (device.deviceId === "") {
      device.deviceId = window.crypto.randomUUID();
      this.app.saveLocalStorage(DEVICE_KEY, device);
    }
    return device;
  }

  saveDevice(change: Partial<DevicePreferences>): void {
    this.app.saveLocalStorage(DEVICE_KEY, { ...this.device, ...change });
  }

  /** Gives the key from pairing. */
  get key(): string | null {
    return this.vault.sourceId === "" ? null : this.app.secretStorage.getSecret(this.keyName());
  }

  saveKey(key: string): void {
    this.app.secretStorage.setSecret(this.keyName(), key);
  }

  /** Describes this device to the server. */
  describeDevice(): Device {
    const platform = platformName();
    return { id: this.device.deviceId, name: `${this.app.vault.getName()} on ${platform}`, platform };
  }

  /** Gives the choice of files. */
  get choice(): FileChoice {
    const { includedFolders, excludedFolders, attachments, maxMegabytes, respectObsidianExcludes } = this.vault;
    return {
      includedFolders: parseFolders(includedFolders),
      excludedFolders: parseFolders(excludedFolders),
      attachments,
      maxBytes: maxMegabytes * 1024 * 1024,
      obsidianExcludes: respectObsidianExcludes ? this.obsidianExcludes : null,
    };
  }

  /** Reads Obsidian's setting for excluded files, for which it has no call. */
  async readObsidianExcludes(): Promise<void> {
    const path = `${this.app.vault.configDir}/app.json`;
    try {
      const settings = JSON.parse(await this.app.vault.adapter.read(path)) as { userIgnoreFilters?: unknown };
      const filters = settings.userIgnoreFilters;
      this.obsidianExcludes = Array.isArray(filters) ? filters.filter((filter) => typeof filter === "string") : [];
    } catch {
      // There is no such file before someone changes a setting.
      this.obsidianExcludes = [];
    }
  }

  /** Two vaults on one device have two keys. */
  private keyName(): string {
    return `quire-${this.vault.sourceId.slice(0, 8)}`;
  }
}

function platformName(): string {
  if (Platform.isIosApp) return "ios";
  if (Platform.isAndroidApp) return "android";
  if (Platform.isMacOS) return "macos";
  return Platform.isWin ? "windows" : "linux";
}
