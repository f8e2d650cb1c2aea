// The server that the tests speak to, and what all of them ask it. `QUIRE_SERVER` is its address; it has a collection `sdk` with one note,
// and the small test models.

import assert from "node:assert/strict";
import Ajv from "ajv";

/** The address, without a path. */
export const server = process.env.QUIRE_SERVER;
assert.ok(server, "QUIRE_SERVER must be the address of a server");

/** What an owner's key looks like that nobody has. */
export const wrongKey = "sk-quire-guess";

/** Finds the quickest chat model. */
export async function quickModel() {
  const { data } = await (await fetch(`${server}/v1/models`)).json();
  const model = data.find((one) => one.id.includes("SmolLM2")) ?? data.find((one) => one.type === "llm");
  assert.ok(model, "the server has no chat model");
  return model.id;
}

/** Finds the embedding model. */
export async function embeddingModel() {
  const { data } = await (await fetch(`${server}/v1/models`)).json();
  return data.find((one) => one.type === "embeddings").id;
}

/** A form for replies that a small model fills in quickly. */
export const weatherSchema = {
  type: "object",
  properties: {
    city: { type: "string", enum: ["Bonn", "Paris"] },
    degrees: { type: "integer", minimum: -20, maximum: 40 },
    tags: { type: "array", items: { type: "string", enum: ["sunny", "windy", "wet"] }, minItems: 1, maxItems: 2 },
  },
  required: ["city", "degrees", "tags"],
  additionalProperties: false,
};

/** Asserts that a text is JSON that fits a schema, as another program's validator sees it. */
export function assertFits(text, schema) {
  const validate = new Ajv().compile(schema);
  assert.ok(validate(JSON.parse(text)), `${text}: ${JSON.stringify(validate.errors)}`);
}

/** Waits until the server works on nothing: an answer that nobody reads any more is not made to its end. */
export async function becomesIdle(within_ms = 5000) {
  const start = Date.now();
  for (;;) {
    const { models } = await (await fetch(`${server}/api/models/loaded`)).json();
    const busy = models.filter((model) => model.requests > 0);
    if (busy.length === 0) return;
    assert.ok(Date.now() - start < within_ms, `still at work: ${JSON.stringify(busy)}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}
