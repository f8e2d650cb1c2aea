/** Sending big files in parts, going on where an earlier attempt broke off. */

import { ServerError } from "./errors";
import type { ContentHash } from "./protocol";
import type { SourceApi } from "./source-api";

/** After so many disagreements about where the blob ends, another device is sending it too. */
const MAX_DISAGREEMENTS = 5;

/** Makes sure that the server has the blob; a blob that it has from anywhere is not sent again. */
export async function sendBlob(
  api: SourceApi,
  blob: { hash: ContentHash; bytes: Uint8Array; partBytes: number },
): Promise<void> {
  const { hash, bytes, partBytes } = blob;
  for (let disagreements = 0; disagreements < MAX_DISAGREEMENTS; disagreements += 1) {
    const progress = await api.findBlob(hash);
    if (progress.complete) return;
    let offset = progress.offset;
    let agreed = true;
    while (agreed && offset < bytes.length) {
      const part = bytes.slice(offset, offset + partBytes);
      agreed = await api.appendBlob(hash, { bytes: part, offset, length: bytes.length });
      offset += part.length;
    }
    if (agreed) return;
  }
  throw new ServerError(409, "upload_offset", "another device is sending the same file; trying again later");
}
