/** The plugin: puts the core and Obsidian together. Loading it touches neither the network nor the notes. */

import { Notice, Plugin, type WorkspaceLeaf } from "obsidian";
import { Api } from "../core/api";
import { SyncEngine } from "../core/engine";
import { pair } from "../core/pairing";
import { parseOpenParameters } from "../core/places";
import { toSourceRules } from "../core/rules";
import type { SyncSettings } from "../core/settings";
import { summarise } from "../core/status";
import { createAnswerNote } from "./answer-note";
import { ASK_VIEW, AskView } from "./ask-view";
import { DatabaseStorage } from "./database-port";
import { ObsidianHttp } from "./http-port";
import { findConnection } from "./network";
import { openPlace } from "./open-place";
import { Preferences } from "./preferences";
import { SearchModal } from "./search-modal";
import { QuireSettingTab } from "./settings-tab";
import { addStatusBar } from "./status-bar";
import { StatusModal } from "./status-modal";
import { followVault } from "./vault-events";
import { ObsidianVault } from "./vault-port";
import { WebHash, WindowClock } from "./window-ports";

/** How long "Sync now" on an unknown network is an answer to the question whether it may be used. */
const ASKED_FOR_MS = 60_000;

export default class QuirePlugin extends Plugin {
  preferences!: Preferences;
  engine!: SyncEngine;
  private api!: Api;
  private syncAskedMs = 0;

  override async onload(): Promise<void> {
    this.preferences = new Preferences(this);
    await this.preferences.load();
    const http = new ObsidianHttp();
    this.api = new Api(http, () => {
      const { address, deviceId } = this.preferences.device;
      return { address, key: this.preferences.key, deviceId };
    });
    const storage = new DatabaseStorage(`quire-${this.preferences.device.deviceId}`);
    this.register(() => void storage.close());
    this.engine = new SyncEngine({
      ports: { vault: new ObsidianVault(this.app), http, clock: new WindowClock(), hash: new WebHash(), storage },
      api: this.api,
      settings: () => this.syncSettings(),
    });
    this.registerView(ASK_VIEW, (leaf) => new AskView(leaf, { api: this.api, collection: () => this.collection() }));
    this.addSettingTab(new QuireSettingTab(this.app, this));
    this.addCommands();
    this.addRibbonIcon("message-circle-question", "Ask your notes", () => void this.openAskView());
    addStatusBar(this, this.engine.board, () => this.showStatus());
    this.registerObsidianProtocolHandler("quire-open", (parameters) => {
      const request = parseOpenParameters(parameters);
      if (request === null) new Notice("This link names no note.");
      else void openPlace(this.app, request);
    });
    this.app.workspace.onLayoutReady(() => void this.begin());
  }

  override onunload(): void {
    this.engine.stop();
  }

  /** Pairs this device with the server by a one-time code. */
  async pair(code: string): Promise<void> {
    const sourceId = this.preferences.vault.sourceId || window.crypto.randomUUID();
    const pairing = await pair(this.api, { code, device: this.preferences.describeDevice(), sourceId });
    await this.preferences.save({
      sourceId: pairing.sourceId ?? sourceId,
      ...(pairing.collection === null ? {} : { collection: pairing.collection }),
    });
    this.preferences.saveKey(pairing.key);
    this.engine.retry();
  }

  private async begin(): Promise<void> {
    await this.preferences.readObsidianExcludes();
    followVault(this, this.engine);
    this.engine.start();
  }

  private addCommands(): void {
    this.addCommand({ id: "sync-now", name: "Sync now", callback: () => void this.syncNow() });
    this.addCommand({ id: "show-sync-status", name: "Show sync status", callback: () => this.showStatus() });
    this.addCommand({
      id: "search",
      name: "Search",
      callback: () => new SearchModal(this.app, this.api, this.collection()).open(),
    });
    this.addCommand({ id: "ask", name: "Ask", callback: () => void this.openAskView() });
    this.addCommand({
      id: "insert-answer",
      name: "Insert answer as note",
      checkCallback: (checking) => {
        const exchange = this.findAskView()?.lastExchange ?? null;
        if (exchange === null) return false;
        if (!checking) void createAnswerNote(this.app, exchange.question, exchange.answer);
        return true;
      },
    });
  }

  private async syncNow(): Promise<void> {
    this.syncAskedMs = Date.now();
    await this.preferences.readObsidianExcludes();
    await this.engine.syncNow();
    new Notice(`Quire: ${summarise(this.engine.board.current, Date.now())}`);
  }

  private showStatus(): void {
    new StatusModal(this.app, this.engine).open();
  }

  private collection(): string {
    return this.preferences.vault.collection;
  }

  private findAskView(): AskView | null {
    const views = this.app.workspace.getLeavesOfType(ASK_VIEW).map((leaf: WorkspaceLeaf) => leaf.view);
    return views.find((view) => view instanceof AskView) ?? null;
  }

  private async openAskView(): Promise<void> {
    await this.app.workspace.ensureSideLeaf(ASK_VIEW, "right", { active: true, reveal: true });
  }

  private syncSettings(): SyncSettings {
    const { vault, device, choice } = this.preferences;
    return {
      sourceId: this.preferences.key === null ? "" : vault.sourceId,
      collection: vault.collection,
      vault: { name: this.app.vault.getName() },
      device: this.preferences.describeDevice(),
      rules: toSourceRules(choice),
      choice,
      sendsAttachments: device.sendsAttachments,
      onlySearches: device.onlySearches,
      networkAllowed: () => this.networkAllowed(),
    };
  }

  private networkAllowed(): boolean {
    if (!this.preferences.device.onlyWifi) return true;
    const connection = findConnection();
    const asked = Date.now() - this.syncAskedMs < ASKED_FOR_MS;
    return connection === "wi-fi" || (connection === "unknown" && asked);
  }
}
