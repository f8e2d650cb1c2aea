/** What the engine has to know of the vault and of the user's wishes. */

import type { Device, SourceRules } from "./protocol";
import type { FileChoice } from "./rules";

/** Asked anew at the start of each piece of work, so that a changed setting takes effect. */
export interface SyncSettings {
  /** Empty while the device is not paired. */
  readonly sourceId: string;
  readonly collection: string;
  readonly vault: { readonly name: string; readonly id?: string };
  readonly device: Device;
  readonly rules: SourceRules;
  /** The same as the rules, as this device applies them before it reads anything. */
  readonly choice: FileChoice;
  /** Whether this device reads attachments and sends them; the source's rules are those of all devices. */
  readonly sendsAttachments: boolean;
  /** Whether this device sends nothing at all. */
  readonly onlySearches: boolean;
  /** Says whether the network is one that may be used now. */
  readonly networkAllowed: () => boolean;
}

/** How long the engine waits; all in milliseconds. */
export interface Timing {
  /** After the last change, before changes are sent. */
  readonly quietMs: number;
  /** After the first change, however many follow. */
  readonly longestWaitMs: number;
  /** After the last keystroke in the file that is open in the editor. */
  readonly activeQuietMs: number;
  /** Between two looks at the whole vault. */
  readonly fullPlanMs: number;
  /** Between two looks at the server's index while it works. */
  readonly indexPollMs: number;
}

/** What the plugin uses. */
export const DEFAULT_TIMING: Timing = {
  quietMs: 3_000,
  longestWaitMs: 30_000,
  activeQuietMs: 10_000,
  fullPlanMs: 6 * 60 * 60_000,
  indexPollMs: 5_000,
};
