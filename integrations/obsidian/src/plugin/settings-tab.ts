/**
 * The plugin's settings, in the order in which someone new needs them. One list serves both ways of showing
 * them: Obsidian from 1.13 on takes the definitions, and finds them in its search; earlier ones call `display`.
 */

import { type App, Notice, Platform, PluginSettingTab, Setting, type SettingDefinitionItem } from "obsidian";
import { parseAddress } from "../core/api";
import { describeError } from "../core/errors";
import type QuirePlugin from "./main";
import type { DevicePreferences, VaultPreferences } from "./preferences";

/** One setting. */
interface Row {
  readonly name: string;
  readonly desc: string;
  readonly render: (setting: Setting) => void;
}

/** Settings under a heading. */
interface Group {
  readonly heading: string;
  readonly rows: Row[];
}

export class QuireSettingTab extends PluginSettingTab {
  override icon = "book-open-check";

  constructor(
    app: App,
    private readonly quire: QuirePlugin,
  ) {
    super(app, quire);
  }

  override getSettingDefinitions(): SettingDefinitionItem[] {
    return this.groups().map(({ heading, rows }) => ({ type: "group", heading, items: rows }));
  }

  override display(): void {
    this.containerEl.empty();
    for (const { heading, rows } of this.groups()) {
      new Setting(this.containerEl).setName(heading).setHeading();
      for (const row of rows) row.render(new Setting(this.containerEl).setName(row.name).setDesc(row.desc));
    }
  }

  /** What was changed takes effect when the user is done. */
  override hide(): void {
    super.hide();
    this.quire.engine.retry();
  }

  private groups(): Group[] {
    return [
      { heading: "Server", rows: this.serverRows() },
      { heading: "Files of this vault, on all devices", rows: this.fileRows() },
      { heading: "This device", rows: this.deviceRows() },
    ];
  }

  private serverRows(): Row[] {
    const { preferences } = this.quire;
    const paired = preferences.key !== null;
    let code = "";
    return [
      {
        name: "Server address",
        desc: "On a phone this is the address of the computer in your own network.",
        render: (setting) =>
          void setting.addText((text) =>
            text.setValue(preferences.device.address).onChange((typed) => {
              const address = parseAddress(typed);
              text.inputEl.toggleClass("quire-invalid", address === null);
              if (address !== null) this.saveDevice({ address });
            }),
          ),
      },
      {
        name: "Pairing code",
        desc: paired ? "This device is paired. A new code pairs it anew." : "The server's page for sources shows a code that works once.",
        render: (setting) =>
          void setting
            .addText((text) => text.setPlaceholder("Code").onChange((typed) => (code = typed)))
            .addButton((button) => button.setButtonText("Pair").setCta().onClick(() => void this.pair(code))),
      },
      {
        name: "Collection",
        desc: "Where your notes are kept on the server. Pairing sets it.",
        render: (setting) =>
          void setting.addText((text) =>
            text.setValue(preferences.vault.collection).onChange((typed) => this.save({ collection: typed.trim() })),
          ),
      },
    ];
  }

  private async pair(code: string): Promise<void> {
    try {
      await this.quire.pair(code);
      new Notice("This device is paired.");
    } catch (error) {
      new Notice(`Pairing failed: ${describeError(error)}`);
    }
  }

  private fileRows(): Row[] {
    const { vault } = this.quire.preferences;
    return [
      this.folderRow("Folders to send", "One a line; all if empty.", "includedFolders"),
      this.folderRow("Folders to leave out", "One a line, such as your templates.", "excludedFolders"),
      this.toggleRow("Leave out what Obsidian excludes", "What Obsidian's own list of excluded files names.", {
        value: vault.respectObsidianExcludes,
        save: (respectObsidianExcludes) => this.save({ respectObsidianExcludes }),
      }),
      this.toggleRow("Attachments", "Documents, tables, images.", {
        value: vault.attachments,
        save: (attachments) => this.save({ attachments }),
      }),
      {
        name: "Largest file",
        desc: "In megabytes.",
        render: (setting) =>
          void setting.addSlider((slider) =>
            slider
              .setLimits(1, 200, 1)
              .setValue(vault.maxMegabytes)
              .onChange((maxMegabytes) => this.save({ maxMegabytes })),
          ),
      },
    ];
  }

  private deviceRows(): Row[] {
    const { device } = this.quire.preferences;
    const rows = [
      this.toggleRow("Only search", "Sends no notes from this device; another device keeps the server in step.", {
        value: device.onlySearches,
        save: (onlySearches) => this.saveDevice({ onlySearches }),
      }),
      this.toggleRow("Send attachments", "Switched off, attachments that other devices sent stay on the server.", {
        value: device.sendsAttachments,
        save: (sendsAttachments) => this.saveDevice({ sendsAttachments }),
      }),
    ];
    const wifi = this.toggleRow("Only over wi-fi", "Where the connection is not known, notes are sent only when you ask for it.", {
      value: device.onlyWifi,
      save: (onlyWifi) => this.saveDevice({ onlyWifi }),
    });
    return Platform.isMobile ? [...rows, wifi] : rows;
  }

  private folderRow(name: string, desc: string, key: "includedFolders" | "excludedFolders"): Row {
    const render = (setting: Setting): void =>
      void setting.addTextArea((text) =>
        text.setValue(this.quire.preferences.vault[key]).onChange((folders) => this.save({ [key]: folders })),
      );
    return { name, desc, render };
  }

  private toggleRow(name: string, desc: string, choice: { value: boolean; save: (value: boolean) => void }): Row {
    const render = (setting: Setting): void =>
      void setting.addToggle((toggle) => toggle.setValue(choice.value).onChange(choice.save));
    return { name, desc, render };
  }

  private save(change: Partial<VaultPreferences>): void {
    void this.quire.preferences.save(change);
  }

  private saveDevice(change: Partial<DevicePreferences>): void {
    this.quire.preferences.saveDevice(change);
  }
}
