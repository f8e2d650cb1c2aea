/**
 * What this device remembers, in a database of the browser: it is too much for Obsidian's local storage and
 * must not lie in the vault, where other tools would carry it to other devices.
 */

import type { StoragePort } from "../core/ports";

const STORE = "kept";

export class DatabaseStorage implements StoragePort {
  private database: Promise<IDBDatabase> | null = null;

  constructor(private readonly name: string) {}

  async load(key: string): Promise<unknown> {
    try {
      const database = await this.open();
      return await finished<unknown>(database.transaction(STORE).objectStore(STORE).get(key));
    } catch {
      // Without a memory everything is hashed anew: slow, and right.
      return null;
    }
  }

  async save(key: string, value: unknown): Promise<void> {
    try {
      const database = await this.open();
      await finished(database.transaction(STORE, "readwrite").objectStore(STORE).put(value, key));
    } catch {
      // As above: what cannot be kept is found out again.
    }
  }

  /** Closes the database, so that another version of the plugin can open it. */
  async close(): Promise<void> {
    (await this.database?.catch(() => null))?.close();
    this.database = null;
  }

  private open(): Promise<IDBDatabase> {
    this.database ??= openDatabase(this.name);
    return this.database;
  }
}

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = window.indexedDB.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return finished(request);
}

function finished<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the database did not answer"));
  });
}
