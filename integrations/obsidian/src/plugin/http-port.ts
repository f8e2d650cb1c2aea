/** Requests through Obsidian, which are not bound to what a web page may ask, on the phone as on the desk. */

import { requestUrl } from "obsidian";
import type { HttpPort, HttpRequest, HttpResponse } from "../core/ports";

export class ObsidianHttp implements HttpPort {
  async send(request: HttpRequest): Promise<HttpResponse> {
    const response = await withTimeout(
      requestUrl({
        url: request.url,
        method: request.method,
        headers: { ...request.headers },
        contentType: request.headers["Content-Type"],
        body: toBody(request.body),
        throw: false,
      }),
      request.timeoutMs,
    );
    const headers = Object.entries(response.headers).map(([name, value]) => [name.toLowerCase(), value]);
    return {
      status: response.status,
      headers: Object.fromEntries(headers) as Record<string, string>,
      text: request.method === "HEAD" ? "" : response.text,
    };
  }
}

function toBody(body: string | Uint8Array | undefined): string | ArrayBuffer | undefined {
  if (body === undefined || typeof body === "string") return body;
  // A copy, since the view may be a part of a bigger buffer.
  return new Uint8Array(body).buffer;
}

/** Obsidian's requests cannot be called off and wait for ever; the one who asks does not. */
async function withTimeout<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  let timer = 0;
  const timeout = new Promise<never>((_, reject) => {
    timer = window.setTimeout(() => reject(new Error(`no reply within ${timeoutMs / 1000} s`)), timeoutMs);
  });
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    window.clearTimeout(timer);
  }
}
