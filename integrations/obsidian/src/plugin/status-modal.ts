/** What is in step, what is not and why, and the two questions only the user can answer. */

import { type App, Modal, Setting } from "obsidian";
import type { SyncEngine } from "../core/engine";
import { describeError } from "../core/errors";
import type { IndexFailure } from "../core/source-api";
import { type SyncStatus, summarise } from "../core/status";

/** More lines help nobody. */
const MAX_LISTED = 50;

export class StatusModal extends Modal {
  private unsubscribe: (() => void) | null = null;
  private shown = "";
  private failures: IndexFailure[] = [];
  private failuresMessage = "";

  constructor(
    app: App,
    private readonly engine: SyncEngine,
  ) {
    super(app);
  }

  override onOpen(): void {
    this.setTitle("Sync status");
    this.unsubscribe = this.engine.board.subscribe(() => this.showIfChanged());
    this.show();
    void this.loadFailures();
  }

  override onClose(): void {
    this.unsubscribe?.();
    this.contentEl.empty();
  }

  /** Progress comes often; what can be clicked must not be rebuilt under the finger each time. */
  private showIfChanged(): void {
    const { phase, total, message, guard, problems, pending, index } = this.engine.board.current;
    const next = JSON.stringify([phase, total, message, guard, problems.size, pending, index]);
    if (next === this.shown) return;
    this.shown = next;
    this.show();
  }

  private show(): void {
    const { contentEl } = this;
    const status = this.engine.board.current;
    contentEl.empty();
    contentEl.createEl("p", { text: summarise(status, Date.now()), cls: "quire-summary" });
    if (status.message !== null) contentEl.createEl("p", { text: status.message, cls: "quire-problem" });
    this.showCounts(status);
    if (status.guard !== null) this.showGuard(status.guard);
    this.showProblems(status);
    this.showFailures();
    new Setting(contentEl).addButton((button) =>
      button.setButtonText("Sync now").setCta().onClick(() => this.engine.retry()),
    );
  }

  private showCounts(status: SyncStatus): void {
    const counts = [`${status.files} files`, `${status.pending} changes to send`];
    if (status.lastSuccessMs !== null) counts.push(`last in touch ${new Date(status.lastSuccessMs).toLocaleString()}`);
    this.contentEl.createEl("p", { text: counts.join(", ") });
    const reasons = new Map<string, number>();
    for (const reason of status.excluded.values()) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    if (reasons.size === 0) return;
    const list = [...reasons].map(([reason, count]) => `${count} (${reason})`).join(", ");
    this.contentEl.createEl("p", { text: `Not sent: ${list}`, cls: "quire-faint" });
  }

  private showGuard(guard: NonNullable<SyncStatus["guard"]>): void {
    const { contentEl } = this;
    contentEl.createEl("p", {
      cls: "quire-problem",
      text:
        `${guard.wouldDelete} of ${guard.of} files on the server are not in this vault. ` +
        "If the vault is still loading, or is not the right one, leave this be. Nothing is deleted until you say so.",
    });
    const list = contentEl.createEl("ul");
    for (const path of guard.examples) list.createEl("li", { text: path });
    new Setting(contentEl).addButton((button) =>
      button
        .setButtonText(`Delete ${guard.wouldDelete} files from the server`)
        .setClass("mod-warning")
        .onClick(() => void this.engine.agreeToDelete(guard.wouldDelete)),
    );
  }

  private showProblems(status: SyncStatus): void {
    for (const [path, problem] of [...status.problems].slice(0, MAX_LISTED)) {
      const setting = new Setting(this.contentEl).setName(path).setDesc(problem.message);
      if (problem.serverHash === undefined) continue;
      setting.addButton((button) =>
        button.setButtonText("Keep this device's version").onClick(() => void this.engine.keepMine(path)),
      );
    }
    this.showRest(status.problems.size);
  }

  private showFailures(): void {
    if (this.failuresMessage !== "") this.contentEl.createEl("p", { text: this.failuresMessage, cls: "quire-faint" });
    for (const failure of this.failures.slice(0, MAX_LISTED)) {
      const message = [failure.message, failure.hint].filter((text) => text != null && text !== "").join("; ");
      new Setting(this.contentEl).setName(failure.path).setDesc(`Not indexed: ${message}`);
    }
    this.showRest(this.failures.length);
  }

  private showRest(count: number): void {
    if (count > MAX_LISTED) this.contentEl.createEl("p", { text: `And ${count - MAX_LISTED} more.`, cls: "quire-faint" });
  }

  private async loadFailures(): Promise<void> {
    if ((this.engine.board.current.index?.failed ?? 0) === 0) return;
    try {
      this.failures = await this.engine.listIndexFailures();
    } catch (error) {
      this.failuresMessage = `What could not be indexed is not known: ${describeError(error)}`;
    }
    this.show();
  }
}
