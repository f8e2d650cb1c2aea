/** Sending operations in batches, at most two of them under way at once. */

import { ServerError } from "./errors";
import type { PreparedOperation } from "./operations";
import type { Limits, OperationResult } from "./protocol";
import type { SourceApi } from "./source-api";

/** Two hide the time that a request travels, and keep memory to two batches. */
const IN_FLIGHT = 2;

/** Room for what surrounds the operations. */
const ENVELOPE_BYTES = 1024;

/** Is told what became of each operation. */
export type OnResult = (operation: PreparedOperation, result: OperationResult) => void | Promise<void>;

/** Sends everything that the source of operations gives; the first broken connection stops it. */
export async function sendBatches(
  api: SourceApi,
  operations: AsyncIterator<PreparedOperation, void>,
  options: { limits: Limits; onResult: OnResult },
): Promise<void> {
  const { limits, onResult } = options;
  const batches = new Batches(operations, limits);
  let broken = false;
  const worker = async (): Promise<void> => {
    while (!broken) {
      const batch = await batches.next();
      if (batch.length === 0) return;
      await sendBatch(api, batch, onResult);
    }
  };
  const stopOthers = (error: unknown): never => {
    broken = true;
    throw error;
  };
  const workers = Array.from({ length: IN_FLIGHT }, () => worker().catch(stopOthers));
  const ends = await Promise.allSettled(workers);
  const failed = ends.find((end) => end.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Cuts a sequence of operations into batches, one after the other however many ask at once. */
class Batches {
  private held: PreparedOperation | null = null;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly operations: AsyncIterator<PreparedOperation, void>,
    private readonly limits: Limits,
  ) {}

  /** Gives the next batch; an empty one is the end. */
  next(): Promise<PreparedOperation[]> {
    const batch = this.last.then(() => this.fill());
    this.last = batch.catch(() => undefined);
    return batch;
  }

  private async fill(): Promise<PreparedOperation[]> {
    const batch = this.held === null ? [] : [this.held];
    let sizeBytes = ENVELOPE_BYTES + (this.held?.sizeBytes ?? 0);
    this.held = null;
    while (batch.length < this.limits.max_batch_ops) {
      const { value, done } = await this.operations.next();
      if (done === true) break;
      sizeBytes += value.sizeBytes + 1;
      if (batch.length > 0 && sizeBytes > this.limits.max_batch_bytes) {
        this.held = value;
        break;
      }
      batch.push(value);
    }
    return batch;
  }
}

/** Sends one batch; one that is too big as a whole goes in halves. */
async function sendBatch(api: SourceApi, batch: PreparedOperation[], onResult: OnResult): Promise<void> {
  try {
    const reply = await api.batch(batch);
    for (const [index, operation] of batch.entries()) {
      const missing: OperationResult = { i: index, status: 500, error: { message: "the server left this file out" } };
      await onResult(operation, reply.results.find((result) => result.i === index) ?? missing);
    }
  } catch (error) {
    if (!(error instanceof ServerError) || error.status !== 413) throw error;
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) {
      await onResult(only, { i: 0, status: 413, error: { message: error.message } });
      return;
    }
    const middle = Math.ceil(batch.length / 2);
    await sendBatch(api, batch.slice(0, middle), onResult);
    await sendBatch(api, batch.slice(middle), onResult);
  }
}
