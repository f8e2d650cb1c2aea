/** The state of the synchronisation in the status bar; a click tells more. */

import type { Plugin } from "obsidian";
import { type StatusBoard, summarise } from "../core/status";

/** Adds it; there is none on the phone. */
export function addStatusBar(plugin: Plugin, board: StatusBoard, onClick: () => void): void {
  const item = plugin.addStatusBarItem();
  item.addClass("mod-clickable", "quire-status");
  item.setAttr("aria-label", "Show sync status");
  const show = (): void => {
    const { current } = board;
    item.setText(`Quire: ${summarise(current, Date.now())}`);
    item.toggleClass("quire-status-asks", current.guard !== null || current.problems.size > 0);
  };
  show();
  plugin.register(board.subscribe(show));
  plugin.registerDomEvent(item, "click", onClick);
  // The seconds until the next attempt run down.
  plugin.registerInterval(window.setInterval(show, 5_000));
}
