// The official library of OpenAI: chats, responses, tools, forms, vectors, files, vector stores, errors.

import assert from "node:assert/strict";
import { before, test } from "node:test";
import OpenAI, { toFile } from "openai";
import { assertFits, becomesIdle, embeddingModel, quickModel, server, weatherSchema, wrongKey } from "./server.mjs";

const client = new OpenAI({ baseURL: `${server}/v1`, apiKey: "any", maxRetries: 0 });
const messages = [{ role: "user", content: "Say hello." }];
const question = [{ role: "user", content: "How warm is Bonn?" }];
const format = { type: "json_schema", json_schema: { name: "weather", strict: true, schema: weatherSchema } };
const weather = {
  name: "weather",
  description: "Tells the weather of a city.",
  parameters: {
    type: "object",
    properties: { city: { type: "string", enum: ["Bonn", "Paris"] } },
    required: ["city"],
    additionalProperties: false,
  },
};
let model;

before(async () => {
  model = await quickModel();
});

test("models are listed, and one is shown", async () => {
  const ids = [];
  for await (const one of client.models.list()) ids.push(one.id);
  assert.ok(ids.includes("collection/sdk") && ids.includes(model), ids.join(" "));
  assert.equal((await client.models.retrieve(model)).id, model);
});

test("a chat is answered whole and streamed", async () => {
  const whole = await client.chat.completions.create({ model, messages, max_tokens: 8 });
  assert.ok(whole.choices[0].message.content, JSON.stringify(whole));
  assert.ok(whole.usage.completion_tokens <= 8);
  const stream = client.chat.completions.stream({
    model, messages, max_tokens: 8, stream_options: { include_usage: true },
  });
  const deltas = [];
  stream.on("content", (delta) => deltas.push(delta));
  const final = await stream.finalChatCompletion();
  assert.equal(final.choices[0].message.content, deltas.join(""));
  assert.ok(final.choices[0].finish_reason && final.usage.total_tokens > 0);
});

test("a text is gone on with", async () => {
  const text = await client.completions.create({ model, prompt: "One, two,", max_tokens: 4 });
  assert.ok(text.choices[0].text, JSON.stringify(text));
});

test("a stream that is given up ends the work", async () => {
  for (const giveUp of ["leave", "abort", "signal"]) {
    const controller = new AbortController();
    const stream = await client.chat.completions.create(
      { model, messages: [{ role: "user", content: "Count to one thousand." }], stream: true },
      { signal: controller.signal },
    );
    for await (const chunk of stream) {
      if (!chunk.choices[0]?.delta.content) continue;
      if (giveUp === "leave") break;
      if (giveUp === "abort") stream.controller.abort();
      if (giveUp === "signal") controller.abort();
    }
    await becomesIdle();
  }
});

test("a tool makes a round trip", async () => {
  const tools = [{ type: "function", function: weather }];
  const asked = { model, messages: question, tools, tool_choice: "required", max_tokens: 60, temperature: 0 };
  const first = await client.chat.completions.create(asked);
  const [call] = first.choices[0].message.tool_calls;
  assert.equal(first.choices[0].finish_reason, "tool_calls");
  assert.equal(call.function.name, "weather");
  assertFits(call.function.arguments, weather.parameters);
  const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
  assert.deepEqual(
    streamed.choices[0].message.tool_calls.map((one) => one.function.arguments),
    [call.function.arguments],
  );
  const history = [...question, first.choices[0].message, { role: "tool", tool_call_id: call.id, content: "12 degrees" }];
  const said = await client.chat.completions.create({ model, messages: history, tools, max_tokens: 16 });
  assert.ok(said.choices[0].message.content || said.choices[0].message.tool_calls, JSON.stringify(said));
});

test("the library calls functions by itself", async () => {
  const seen = [];
  const runner = client.chat.completions.runTools({
    model,
    messages: question,
    max_tokens: 60,
    tool_choice: { type: "function", function: { name: "weather" } },
    tools: [{
      type: "function",
      function: { ...weather, parse: JSON.parse, function: ({ city }) => { seen.push(city); return "12 degrees"; } },
    }],
  });
  await runner.done();
  assert.equal(seen.length, 1);
});

test("a reply has the form that was asked for", async () => {
  const asked = { model, messages: question, response_format: format, max_tokens: 120 };
  const whole = await client.chat.completions.parse(asked);
  assertFits(whole.choices[0].message.content, weatherSchema);
  assert.equal(typeof whole.choices[0].message.parsed.degrees, "number");
  const streamed = await client.chat.completions.stream(asked).finalChatCompletion();
  assertFits(streamed.choices[0].message.content, weatherSchema);
});

test("responses are made, streamed, gone on with and forgotten", async () => {
  const first = await client.responses.create({ model, input: "My name is Ada.", max_output_tokens: 8 });
  assert.ok(first.output_text, JSON.stringify(first));
  const stream = client.responses.stream({
    model, input: "Say hello.", previous_response_id: first.id, max_output_tokens: 8,
  });
  let text = "";
  stream.on("response.output_text.delta", (event) => { text += event.delta; });
  const final = await stream.finalResponse();
  assert.equal(final.output_text, text);
  const items = [];
  for await (const item of client.responses.inputItems.list(final.id)) items.push(item);
  assert.equal(items.length, 1);
  assert.equal((await client.responses.retrieve(first.id)).id, first.id);
  await client.responses.delete(first.id);
  await assert.rejects(client.responses.retrieve(first.id), OpenAI.NotFoundError);
});

test("responses call functions and keep to a form", async () => {
  const tools = [{ type: "function", ...weather, strict: true }];
  const asked = { model, tools, tool_choice: "required", input: "How warm is Bonn?", max_output_tokens: 60 };
  const first = await client.responses.create(asked);
  const call = first.output.find((item) => item.type === "function_call");
  assertFits(call.arguments, weather.parameters);
  const result = { type: "function_call_output", call_id: call.call_id, output: "12 degrees" };
  const said = await client.responses.create({ model, previous_response_id: first.id, input: [result], max_output_tokens: 16 });
  assert.ok(said.output.length > 0, JSON.stringify(said));
  const { name, schema } = format.json_schema;
  const formed = await client.responses.parse({
    model, input: "How warm is Bonn?", max_output_tokens: 120,
    text: { format: { type: "json_schema", name, schema, strict: true } },
  });
  assertFits(formed.output_text, weatherSchema);
});

test("vectors come whole however they are written", async () => {
  const embedding = await embeddingModel();
  const packed = await client.embeddings.create({ model: embedding, input: ["a cat", "a dog"] });
  const plain = await client.embeddings.create({ model: embedding, input: "a cat", encoding_format: "float" });
  assert.equal(packed.data.length, 2);
  assert.equal(packed.data[0].embedding.length, plain.data[0].embedding.length);
  const far = packed.data[0].embedding.map((x, at) => Math.abs(x - plain.data[0].embedding[at]));
  assert.ok(Math.max(...far) < 1e-3);
});

test("a collection answers with its quotes", async () => {
  const asked = [{ role: "user", content: "On which day is the meeting?" }];
  const reply = await client.chat.completions.create({ model: "collection/sdk", messages: asked, max_tokens: 48 });
  const { content, annotations } = reply.choices[0].message;
  assert.match(content, /Tuesday/);
  for (const { url_citation: citation } of annotations) {
    assert.match(content.slice(citation.start_index, citation.end_index), /^\[\d+\]$/);
    assert.ok(citation.url.startsWith(server), citation.url);
  }
});

test("files and vector stores, end to end", async () => {
  const bytes = Buffer.from("# Pump\n\nThe pump runs at 50 hertz.\n");
  const file = await client.files.create({ file: await toFile(bytes, "node-pump.md"), purpose: "assistants" });
  assert.equal(await (await client.files.content(file.id)).text(), bytes.toString());
  const store = await client.vectorStores.create({ name: "Node: plant" });
  const attached = await client.vectorStores.files.createAndPoll(store.id, { file_id: file.id, attributes: { year: 2024 } });
  assert.equal(attached.status, "completed");
  const tank = await toFile(Buffer.from("The tank holds 900 litres."), "node-tank.md");
  assert.equal((await client.vectorStores.files.uploadAndPoll(store.id, tank)).status, "completed");
  const found = await client.vectorStores.search(store.id, { query: "How fast does the pump run?" });
  assert.equal(found.data[0].file_id, file.id);
  const filters = { type: "gte", key: "year", value: 2024 };
  const only = await client.vectorStores.search(store.id, { query: "tank", filters });
  assert.deepEqual([...new Set(only.data.map((one) => one.file_id))], [file.id]);
  const tools = [{ type: "file_search", vector_store_ids: [store.id] }];
  const reply = await client.responses.create({
    model, tools, input: "At how many hertz does the pump run?", include: ["file_search_call.results"],
  });
  const [search, message] = reply.output;
  assert.equal(search.results[0].file_id, file.id);
  const cited = message.content.flatMap((part) => part.annotations).filter((one) => one.type === "file_citation");
  assert.ok(cited.length > 0 && cited[0].filename === "node-pump.md", JSON.stringify(reply.output));
  await client.vectorStores.delete(store.id);
  await client.files.delete(file.id);
  await assert.rejects(client.files.retrieve(file.id), OpenAI.NotFoundError);
});

test("errors are of the library's classes and say what to do", async () => {
  const guessing = new OpenAI({ baseURL: `${server}/v1`, apiKey: wrongKey, maxRetries: 0 });
  await assert.rejects(guessing.models.list(), (error) => {
    assert.ok(error instanceof OpenAI.AuthenticationError, String(error));
    assert.equal(error.code, "invalid_api_key");
    return true;
  });
  const near = model.replace(/.$/, "");
  for (const call of [
    () => client.chat.completions.create({ model: near, messages }),
    () => client.models.retrieve(near),
  ]) {
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError, String(error));
      assert.equal(error.code, "model_not_found");
      assert.ok(error.message.includes(model), error.message);
      return true;
    });
  }
  const long = [{ role: "user", content: "why ".repeat(60_000) }];
  for (const stream of [false, true]) {
    await assert.rejects(client.chat.completions.create({ model, messages: long, stream }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError, String(error));
      assert.equal(error.code, "context_length_exceeded");
      assert.match(error.message, /exceeds the available context size/);
      return true;
    });
  }
  await assert.rejects(client.chat.completions.create({ model, messages, temperature: 9 }), (error) => {
    assert.ok(error instanceof OpenAI.BadRequestError, String(error));
    assert.equal(error.param, "temperature");
    return true;
  });
});

test("who asks too much at once is told to wait", async () => {
  const ask = () => client.chat.completions.create(
    { model, messages: [{ role: "user", content: "Count to one thousand." }], stream: true },
  );
  const refused = [];
  const asked = Array.from({ length: 80 }, () => ask().catch((error) => void refused.push(error)));
  const streams = await Promise.all(asked);
  for (const stream of streams) stream?.controller.abort();
  assert.ok(refused.length > 0, "80 answers at once are more than one caller may have");
  for (const error of refused) {
    assert.ok(error instanceof OpenAI.RateLimitError, String(error));
    assert.ok(Number(error.headers.get("retry-after")) > 0);
  }
  await becomesIdle(20_000);
});
