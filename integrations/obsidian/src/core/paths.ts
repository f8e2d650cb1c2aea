/** Paths as the protocol spells them: Unicode's composed form, parts joined by slashes. */

/** Gives the protocol's spelling of a path of the vault. */
export function toWirePath(vaultPath: string): string {
  return vaultPath.normalize("NFC");
}

/** Gives what follows the last dot of the name, in lower case; empty where there is no dot. */
export function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
}

/** Says whether a path lies under a folder; the empty prefix holds everything. */
export function isUnder(path: string, prefix: string): boolean {
  return prefix === "" || path.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
}

/**
 * Orders texts by code points, which is the order of their UTF-8 bytes. JavaScript's own order is by
 * UTF-16 units and places emoji elsewhere, so that digests would differ from the server's.
 */
export function compareCodePoints(left: string, right: string): number {
  const [a, b] = [left[Symbol.iterator](), right[Symbol.iterator]()];
  for (;;) {
    const [x, y] = [a.next(), b.next()];
    if (x.done === true || y.done === true) return (x.done === true ? 0 : 1) - (y.done === true ? 0 : 1);
    const difference = (x.value.codePointAt(0) ?? 0) - (y.value.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
}
