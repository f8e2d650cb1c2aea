// The official library of Anthropic: messages, tools, forms, counting, errors.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { assertFits, becomesIdle, quickModel, server, weatherSchema, wrongKey } from "./server.mjs";

const client = new Anthropic({ baseURL: server, apiKey: "any", maxRetries: 0 });
const messages = [{ role: "user", content: "Say hello." }];
const question = [{ role: "user", content: "How warm is Bonn?" }];
const input_schema = {
  type: "object",
  properties: { city: { type: "string", enum: ["Bonn", "Paris"] } },
  required: ["city"],
};
const tools = [{ name: "weather", description: "Tells the weather of a city.", input_schema }];
let model;

before(async () => {
  model = await quickModel();
});

test("a message is answered whole and streamed", async () => {
  const whole = await client.messages.create({ model, messages, max_tokens: 8 });
  assert.ok(whole.content[0].text && whole.usage.output_tokens <= 8, JSON.stringify(whole));
  const count = await client.messages.countTokens({ model, messages });
  assert.equal(count.input_tokens, whole.usage.input_tokens + whole.usage.cache_read_input_tokens);
  const stream = client.messages.stream({ model, messages, max_tokens: 8, system: "Be short." });
  let text = "";
  stream.on("text", (delta) => { text += delta; });
  const final = await stream.finalMessage();
  assert.equal(final.content[0].text, text);
  assert.ok(final.stop_reason && final.usage.output_tokens > 0);
});

test("a stream that is given up ends the work", async () => {
  const counting = [{ role: "user", content: "Count to one thousand." }];
  const stream = client.messages.stream({ model, messages: counting, max_tokens: 2000 });
  stream.once("text", () => stream.abort());
  await assert.rejects(stream.done(), Anthropic.APIUserAbortError);
  await becomesIdle();
});

test("a tool makes a round trip", async () => {
  const asked = { model, messages: question, tools, tool_choice: { type: "any" }, max_tokens: 60 };
  const first = await client.messages.create(asked);
  assert.equal(first.stop_reason, "tool_use");
  const call = first.content.find((block) => block.type === "tool_use");
  assertFits(JSON.stringify(call.input), input_schema);
  const streamed = await client.messages.stream(asked).finalMessage();
  const streamedCall = streamed.content.find((block) => block.type === "tool_use");
  assertFits(JSON.stringify(streamedCall.input), input_schema);
  const result = { type: "tool_result", tool_use_id: call.id, content: "12 degrees" };
  const history = [...question, { role: "assistant", content: first.content }, { role: "user", content: [result] }];
  const said = await client.messages.create({ model, messages: history, tools, max_tokens: 16 });
  assert.ok(said.content.length > 0, JSON.stringify(said));
});

test("a reply has the form that was asked for", async () => {
  const output_config = { format: { type: "json_schema", schema: weatherSchema } };
  const formed = await client.messages.create({ model, messages: question, output_config, max_tokens: 120 });
  assertFits(formed.content[0].text, weatherSchema);
});

test("a collection answers with its quotes", async () => {
  const asked = [{ role: "user", content: "On which day is the meeting?" }];
  const reply = await client.messages.create({ model: "collection/sdk", messages: asked, max_tokens: 48 });
  const cited = reply.content.flatMap((block) => block.citations ?? []);
  assert.ok(cited.some((one) => one.cited_text.includes("Tuesday") && one.source.startsWith(server)), JSON.stringify(reply));
});

test("errors are of the library's classes", async () => {
  const guessing = new Anthropic({ baseURL: server, apiKey: wrongKey, maxRetries: 0 });
  const asked = { model, messages, max_tokens: 8 };
  await assert.rejects(guessing.messages.create(asked), Anthropic.AuthenticationError);
  const near = model.replace(/.$/, "");
  await assert.rejects(client.messages.create({ ...asked, model: near }), (error) => {
    assert.ok(error instanceof Anthropic.NotFoundError, String(error));
    assert.equal(error.error.error.type, "not_found_error");
    assert.ok(error.message.includes(model), error.message);
    return true;
  });
  const long = [{ role: "user", content: "why ".repeat(60_000) }];
  for (const body of [{ ...asked, messages: long }, { ...asked, messages: [] }]) {
    await assert.rejects(client.messages.create(body), (error) => {
      assert.ok(error instanceof Anthropic.BadRequestError, String(error));
      assert.equal(error.error.error.type, "invalid_request_error");
      return true;
    });
  }
});
