/** A vault in memory, which can also misbehave: files that change or fail while they are read. */

import type { VaultFile, VaultPort } from "../../src/core/ports";

interface Stored {
  bytes: Uint8Array;
  modifiedMs: number;
  createdMs: number;
}

export class MemoryVault implements VaultPort {
  readonly files = new Map<string, Stored>();
  active: string | null = null;
  reads = 0;
  /** Is called before the bytes of a file are given. */
  onRead: ((path: string) => void) | null = null;

  write(path: string, content: string | Uint8Array, modifiedMs: number): void {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    this.files.set(path, { bytes, modifiedMs, createdMs: this.files.get(path)?.createdMs ?? modifiedMs });
  }

  rename(from: string, to: string): void {
    const stored = this.files.get(from);
    if (stored === undefined) throw new Error(`there is no \`${from}\``);
    this.files.delete(from);
    this.files.set(to, stored);
  }

  delete(path: string): void {
    this.files.delete(path);
  }

  listFiles(): VaultFile[] {
    return [...this.files.keys()].flatMap((path) => this.findFile(path) ?? []);
  }

  findFile(path: string): VaultFile | null {
    const stored = this.files.get(path);
    if (stored === undefined) return null;
    const { bytes, modifiedMs, createdMs } = stored;
    return { path, sizeBytes: bytes.length, modifiedMs, createdMs };
  }

  async readFile(path: string): Promise<Uint8Array> {
    this.reads += 1;
    const stored = this.files.get(path);
    if (stored === undefined) throw new Error(`cannot read \`${path}\``);
    this.onRead?.(path);
    return Promise.resolve(stored.bytes);
  }

  activePath(): string | null {
    return this.active;
  }
}
