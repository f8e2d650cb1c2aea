// The official library of Ollama: chats, tools, forms, vectors, errors.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Ollama } from "ollama";
import { assertFits, becomesIdle, embeddingModel, quickModel, server, weatherSchema, wrongKey } from "./server.mjs";

const client = new Ollama({ host: server });
const messages = [{ role: "user", content: "Say hello." }];
const question = [{ role: "user", content: "How warm is Bonn?" }];
const options = { num_predict: 8 };
let model;

before(async () => {
  model = await quickModel();
});

test("models are listed and shown", async () => {
  const { models } = await client.list();
  assert.ok(models.some((one) => one.name === model), JSON.stringify(models));
  assert.ok((await client.show({ model })).capabilities.includes("completion"));
  assert.ok((await client.version()).version);
});

test("a chat is answered whole and streamed", async () => {
  const whole = await client.chat({ model, messages, options });
  assert.ok(whole.done && whole.message.content && whole.eval_count <= 8, JSON.stringify(whole));
  let text = "";
  let last;
  for await (const piece of await client.chat({ model, messages, options, stream: true })) {
    text += piece.message.content;
    last = piece;
  }
  assert.ok(text && last.done && last.eval_duration > 0, JSON.stringify(last));
  assert.ok((await client.generate({ model, prompt: "Say hello.", options })).response);
});

test("a stream that is given up ends the work", async () => {
  const stream = await client.chat({ model, messages, stream: true, options: { num_predict: 2000 } });
  await assert.rejects(async () => {
    for await (const _ of stream) stream.abort();
  }, { name: "AbortError" });
  await becomesIdle();
});

test("what a tool gave back is read", async () => {
  const parameters = { type: "object", required: ["city"], properties: { city: { type: "string", description: "The city" } } };
  const tools = [{ type: "function", function: { name: "weather", description: "Tells the weather.", parameters } }];
  const call = { function: { name: "weather", arguments: { city: "Bonn" } } };
  const history = [
    ...question,
    { role: "assistant", content: "", tool_calls: [call] },
    { role: "tool", tool_name: "weather", content: "12 degrees" },
  ];
  const said = await client.chat({ model, messages: history, tools, options });
  assert.ok(said.message.content || said.message.tool_calls, JSON.stringify(said));
});

test("a reply has the form that was asked for", async () => {
  const formed = await client.chat({ model, messages: question, format: weatherSchema, options: { num_predict: 120 } });
  assertFits(formed.message.content, weatherSchema);
});

test("vectors are the same by both names", async () => {
  const embedding = await embeddingModel();
  const { embeddings } = await client.embed({ model: embedding, input: ["a cat", "a dog"] });
  const { embedding: one } = await client.embeddings({ model: embedding, prompt: "a cat" });
  assert.deepEqual(embeddings[0], one);
});

test("errors say what to do", async () => {
  const near = model.replace(/.$/, "");
  await assert.rejects(client.chat({ model: near, messages }), (error) => {
    assert.equal(error.status_code, 404);
    assert.ok(error.error.includes(model), error.error);
    return true;
  });
  const guessing = new Ollama({ host: server, headers: { authorization: `Bearer ${wrongKey}` } });
  await assert.rejects(guessing.list(), { status_code: 401 });
  const long = [{ role: "user", content: "why ".repeat(60_000) }];
  await assert.rejects(client.chat({ model, messages: long }), { status_code: 400 });
});
