/** Tells the engine what happens in the vault. */

import { type Plugin, TFile } from "obsidian";
import type { SyncEngine } from "../core/engine";

/** To be called when the layout is ready: before that, every file that there is counts as created. */
export function followVault(plugin: Plugin, engine: SyncEngine): void {
  const { vault, workspace } = plugin.app;
  plugin.registerEvent(vault.on("create", (file) => {
    if (file instanceof TFile) engine.noteChanged(file.path);
  }));
  plugin.registerEvent(vault.on("modify", (file) => {
    if (file instanceof TFile) engine.noteChanged(file.path);
  }));
  plugin.registerEvent(vault.on("delete", (file) => {
    if (file instanceof TFile) engine.noteDeleted(file.path);
    else engine.noteFolderChanged(file.path);
  }));
  plugin.registerEvent(vault.on("rename", (file, oldPath) => {
    if (file instanceof TFile) {
      engine.noteRenamed(oldPath, file.path);
    } else {
      engine.noteFolderChanged(oldPath);
      engine.noteFolderChanged(file.path);
    }
  }));
  plugin.registerEvent(workspace.on("active-leaf-change", () => engine.wake()));
  plugin.registerDomEvent(window, "online", () => engine.retry());
  plugin.registerDomEvent(window, "focus", () => {
    if (engine.board.current.phase === "offline") engine.retry();
  });
}
