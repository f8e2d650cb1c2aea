/** Opening the note that an answer rests on, at the place. */

import { type App, MarkdownView, normalizePath, Notice } from "obsidian";
import { findLine, type OpenRequest } from "../core/places";

/** Opens a place; a file that is not in the vault is told of, and never made. */
export async function openPlace(app: App, request: OpenRequest): Promise<void> {
  const path = normalizePath(request.path);
  if (app.vault.getFileByPath(path) === null) {
    new Notice(`${path} is not in this vault.`);
    return;
  }
  await app.workspace.openLinkText(path + request.subpath, "", false, { active: true });
  const view = app.workspace.getActiveViewOfType(MarkdownView);
  if (view === null || view.file?.path !== path) return;
  const line = findLine(view.editor.getValue(), request);
  if (line === null) return;
  view.editor.setCursor({ line, ch: 0 });
  view.editor.scrollIntoView({ from: { line, ch: 0 }, to: { line, ch: 0 } }, true);
  // In reading view there is no cursor; this scrolls and marks the line in both.
  view.setEphemeralState({ line });
}
