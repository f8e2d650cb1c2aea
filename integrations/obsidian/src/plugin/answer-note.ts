/** Making a note of an answer: the only thing that this plugin ever writes, and only when asked to. */

import { type App, normalizePath, type TFile } from "obsidian";
import { noteNameFor, renderAnswerNote } from "../core/answer-note";
import type { Answer } from "../core/answers";

/** Creates the note where Obsidian puts new ones, under a name that is free, and opens it. */
export async function createAnswerNote(app: App, question: string, answer: Answer): Promise<TFile> {
  const folder = app.fileManager.getNewFileParent(app.workspace.getActiveFile()?.path ?? "").path;
  const base = normalizePath(`${folder}/${noteNameFor(question)}`);
  let path = `${base}.md`;
  for (let number = 2; app.vault.getAbstractFileByPath(path) !== null; number += 1) path = `${base} ${number}.md`;
  const file = await app.vault.create(path, renderAnswerNote(question, answer));
  await app.workspace.getLeaf("tab").openFile(file);
  return file;
}
