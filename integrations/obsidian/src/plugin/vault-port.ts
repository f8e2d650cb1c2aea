/** The vault as the core reads it. Hidden folders, such as Obsidian's own settings, do not show in it. */

import { type App, TFile } from "obsidian";
import type { VaultFile, VaultPort } from "../core/ports";

export class ObsidianVault implements VaultPort {
  constructor(private readonly app: App) {}

  listFiles(): VaultFile[] {
    return this.app.vault.getFiles().map(describeFile);
  }

  findFile(path: string): VaultFile | null {
    const file = this.app.vault.getFileByPath(path);
    return file === null ? null : describeFile(file);
  }

  async readFile(path: string): Promise<Uint8Array> {
    const file = this.app.vault.getFileByPath(path);
    if (file === null) throw new Error(`\`${path}\` is gone`);
    return new Uint8Array(await this.app.vault.readBinary(file));
  }

  activePath(): string | null {
    return this.app.workspace.activeEditor?.file?.path ?? null;
  }
}

function describeFile(file: TFile): VaultFile {
  return { path: file.path, sizeBytes: file.stat.size, modifiedMs: file.stat.mtime, createdMs: file.stat.ctime };
}
