/** The plugin's settings, in the order in which someone new needs them. */

import { type App, Notice, Platform, PluginSettingTab, Setting } from "obsidian";
import { parseAddress } from "../core/api";
import { describeError } from "../core/errors";
import type QuirePlugin from "./main";
import type { DevicePreferences, VaultPreferences } from "./preferences";

export class QuireSettingTab extends PluginSettingTab {
  override icon = "book-open-check";

  constructor(
    app: App,
    private readonly quire: QuirePlugin,
  ) {
    super(app, quire);
  }

  override display(): void {
    this.containerEl.empty();
    this.showServer();
    this.showFiles();
    this.showDevice();
  }

  /** What was changed takes effect when the user is done. */
  override hide(): void {
    super.hide();
    this.quire.engine.retry();
  }

  private showServer(): void {
    const { preferences } = this.quire;
    new Setting(this.containerEl)
      .setName("Server address")
      .setDesc("Where Quire runs. On a phone this is the computer's address in your own network.")
      .addText((text) =>
        text.setValue(preferences.device.address).onChange((typed) => {
          const address = parseAddress(typed);
          text.inputEl.toggleClass("quire-invalid", address === null);
          if (address !== null) this.saveDevice({ address });
        }),
      );
    const paired = preferences.key !== null;
    let code = "";
    new Setting(this.containerEl)
      .setName("Pairing code")
      .setDesc(paired ? "This device is paired. A new code pairs it anew." : "The server's page for sources shows a code that works once.")
      .addText((text) => text.setPlaceholder("Code").onChange((typed) => (code = typed)))
      .addButton((button) =>
        button.setButtonText("Pair").setCta().onClick(() => void this.pair(code)),
      );
    new Setting(this.containerEl)
      .setName("Collection")
      .setDesc("Where your notes are kept on the server. Pairing sets it.")
      .addText((text) =>
        text.setValue(preferences.vault.collection).onChange((collection) => this.save({ collection: collection.trim() })),
      );
  }

  private async pair(code: string): Promise<void> {
    try {
      await this.quire.pair(code);
      new Notice("This device is paired.");
      this.display();
    } catch (error) {
      new Notice(`Pairing failed: ${describeError(error)}`);
    }
  }

  private showFiles(): void {
    const { vault } = this.quire.preferences;
    new Setting(this.containerEl).setName("Files of this vault, on all devices").setHeading();
    this.addFolders("Folders to send", "One a line; all if empty.", "includedFolders");
    this.addFolders("Folders to leave out", "One a line, such as your templates.", "excludedFolders");
    new Setting(this.containerEl)
      .setName("Leave out what Obsidian excludes")
      .setDesc("The folders and patterns of Obsidian's own setting for excluded files.")
      .addToggle((toggle) =>
        toggle
          .setValue(vault.respectObsidianExcludes)
          .onChange((respectObsidianExcludes) => this.save({ respectObsidianExcludes })),
      );
    new Setting(this.containerEl)
      .setName("Attachments")
      .setDesc("PDF documents, tables, images.")
      .addToggle((toggle) => toggle.setValue(vault.attachments).onChange((attachments) => this.save({ attachments })));
    new Setting(this.containerEl)
      .setName("Largest file")
      .setDesc("In megabytes.")
      .addSlider((slider) =>
        slider
          .setLimits(1, 200, 1)
          .setValue(vault.maxMegabytes)
          .onChange((maxMegabytes) => this.save({ maxMegabytes })),
      );
  }

  private addFolders(name: string, description: string, key: "includedFolders" | "excludedFolders"): void {
    new Setting(this.containerEl)
      .setName(name)
      .setDesc(description)
      .addTextArea((text) =>
        text.setValue(this.quire.preferences.vault[key]).onChange((folders) => this.save({ [key]: folders })),
      );
  }

  private showDevice(): void {
    const { device } = this.quire.preferences;
    new Setting(this.containerEl).setName("This device").setHeading();
    new Setting(this.containerEl)
      .setName("Only search")
      .setDesc("Sends no notes from this device; another device keeps the server in step.")
      .addToggle((toggle) => toggle.setValue(device.onlySearches).onChange((onlySearches) => this.saveDevice({ onlySearches })));
    new Setting(this.containerEl)
      .setName("Send attachments")
      .setDesc("Switched off, attachments that other devices sent stay on the server.")
      .addToggle((toggle) =>
        toggle.setValue(device.sendsAttachments).onChange((sendsAttachments) => this.saveDevice({ sendsAttachments })),
      );
    if (!Platform.isMobile) return;
    new Setting(this.containerEl)
      .setName("Only over wi-fi")
      .setDesc("Where the device does not tell what it is connected to, only “Sync now” sends notes.")
      .addToggle((toggle) => toggle.setValue(device.onlyWifi).onChange((onlyWifi) => this.saveDevice({ onlyWifi })));
  }

  private save(change: Partial<VaultPreferences>): void {
    void this.quire.preferences.save(change);
  }

  private saveDevice(change: Partial<DevicePreferences>): void {
    this.quire.preferences.saveDevice(change);
  }
}
