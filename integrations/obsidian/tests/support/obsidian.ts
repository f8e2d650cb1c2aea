/** The plugin inside of a pretended Obsidian, talking to the fake server. */

import { webcrypto } from "node:crypto";
import type { App as AppType } from "obsidian";
import { App, Plugin } from "obsidian-test-mocks/obsidian";
import manifest from "../../manifest.json";
import type { SyncEngine } from "../../src/core/engine";
import QuirePlugin from "../../src/plugin/main";

/** What a test may look at. */
export interface Installed {
  readonly app: App;
  readonly plugin: QuirePlugin;
  /** The same plugin with what the pretended Obsidian recorded of it. */
  readonly recorded: Plugin;
  readonly engine: () => SyncEngine;
}

// Obsidian's browser hashes; the pretended one does not everywhere.
if (!("subtle" in window.crypto)) Object.defineProperty(window.crypto, "subtle", { value: webcrypto.subtle });

/** Installs the plugin into a vault; `layoutReady` is still to come. */
export function install(files: Record<string, string>, data: unknown = null): Installed {
  const app = App.createConfigured__({ files });
  // The pretended adapter keeps texts and bytes apart; a real one has bytes only.
  const { adapter } = app.vault;
  adapter.readBinary = async (path) => new TextEncoder().encode(await adapter.read(path)).buffer;
  const plugin = new QuirePlugin(app as unknown as AppType, manifest);
  const recorded = plugin as unknown as Plugin;
  recorded.data__ = data;
  return { app, plugin, recorded, engine: () => plugin.engine };
}
