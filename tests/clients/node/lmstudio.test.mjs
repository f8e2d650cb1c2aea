// The official library of LM Studio: models, chats, tools, forms, tokens, vectors, retrieval, errors. It is made for version 3 of zod, and wants
// a release of its own part `lms-isomorphic` that is not published; package.json names the one that is.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Chat, FileHandle, LMStudioClient, tool } from "@lmstudio/sdk";
import { z } from "zod/v3";
import { becomesIdle, embeddingModel, quickModel, server } from "./server.mjs";

// What the library finds odd about the server it says to its logger, and goes on.
const complaints = [];
const logger = { debug() {}, info() {}, warn: (...words) => complaints.push(words), error: (...words) => complaints.push(words) };
const client = new LMStudioClient({ baseUrl: server.replace("http", "ws"), logger });
const quiet = { verbose: false };
let key;
let model;

before(async () => {
  key = await quickModel();
  model = await client.llm.model(key, quiet);
});

after(async () => {
  await client[Symbol.asyncDispose]();
  assert.deepEqual(complaints, []);
});

test("models are listed", async () => {
  const listed = await client.system.listDownloadedModels();
  const chat = listed.find((one) => one.modelKey === key);
  assert.ok(chat.type === "llm" && chat.format === "gguf" && chat.maxContextLength > 0, JSON.stringify(listed));
  assert.ok(listed.some((one) => one.type === "embedding"), JSON.stringify(listed));
  assert.ok((await client.system.getLMStudioVersion()).version);
});

test("models are loaded, named and unloaded", async () => {
  const progress = [];
  const loaded = await client.llm.load(key, { ...quiet, identifier: "mine", ttl: 300, onProgress: (part) => progress.push(part) });
  assert.equal(loaded.identifier, "mine");
  assert.equal(progress.at(-1), 1);
  const names = async () => (await client.llm.listLoaded()).map((one) => one.identifier);
  assert.ok((await names()).includes("mine"));
  const info = await loaded.getModelInfo();
  assert.equal(info.modelKey, key);
  assert.equal(info.contextLength, await loaded.getContextLength());
  assert.equal((await loaded.getLoadConfig()).contextLength, info.contextLength);
  await client.llm.unload("mine");
  assert.ok(!(await names()).includes("mine"));
  model = await client.llm.model(key, quiet);
  assert.ok((await names()).includes(model.identifier));
});

test("a chat is answered whole and streamed", async () => {
  const config = { maxTokens: 8, temperature: 0 };
  const whole = await model.respond([{ role: "user", content: "Say hello." }], config);
  assert.ok(whole.content && whole.stats.predictedTokensCount <= 8, JSON.stringify(whole.stats));
  assert.ok(["eosFound", "maxPredictedTokensReached"].includes(whole.stats.stopReason), whole.stats.stopReason);
  const read = [];
  let firsts = 0;
  let text = "";
  const stream = model.respond("Say hello.", {
    ...config, onFirstToken: () => { firsts += 1; }, onPromptProcessingProgress: (part) => read.push(part),
  });
  for await (const fragment of stream) text += fragment.content;
  assert.equal(text, whole.content);
  assert.equal((await stream).content, text);
  assert.ok(firsts === 1 && read.at(-1) === 1, JSON.stringify(read));
  const chat = Chat.from([{ role: "system", content: "Be short." }, { role: "user", content: "Name a colour." }]);
  chat.append("assistant", "Red.");
  chat.append("user", "Another one.");
  assert.ok((await model.respond(chat, config)).content);
});

test("a text is gone on with", async () => {
  const done = await model.complete("One, two, three,", { maxTokens: 6, temperature: 0, stopStrings: ["\n"] });
  assert.ok(done.content && !done.content.includes("\n"), done.content);
});

test("a stream that is given up ends the work", async () => {
  const counting = model.respond("Count from one to two hundred in words.", { maxTokens: 2000 });
  for await (const _ of counting) counting.cancel();
  const { stats } = await counting;
  assert.equal(stats.stopReason, "userStopped");
  assert.ok(stats.predictedTokensCount < 2000);
  await becomesIdle();
});

test("a reply has the form that was asked for", async () => {
  const thing = z.object({ colour: z.enum(["red", "blue"]), count: z.number().int().max(9) });
  const formed = await model.respond("Describe a thing.", { structured: thing, maxTokens: 60, temperature: 0 });
  assert.ok(thing.safeParse(formed.parsed).success, formed.content);
});

test("a tool makes a round trip", async () => {
  const digit = z.number().int().min(0).max(9);
  const calls = [];
  const add = tool({
    name: "add",
    description: "Adds two numbers.",
    parameters: { a: digit, b: digit },
    implementation: ({ a, b }) => { calls.push([a, b]); return a + b; },
  });
  const said = [];
  // The library offers no tools in the last round.
  const acted = await model.act("Add 2 and 3.", [add], {
    maxPredictionRounds: 2, toolChoice: { type: "generic", mode: "required" }, maxTokens: 80, temperature: 0,
    onMessage: (message) => said.push(message),
  });
  assert.equal(acted.rounds, 2);
  assert.ok(calls.length > 0 && calls.flat().every(Number.isInteger), JSON.stringify(calls));
  assert.deepEqual(said.map((message) => message.getRole()), ["assistant", "tool", "assistant"]);
  const [call] = said[0].getToolCallRequests();
  assert.deepEqual(call.arguments, { a: calls[0][0], b: calls[0][1] });
  const [result] = said[1].getToolCallResults();
  assert.equal(JSON.parse(result.content), calls[0][0] + calls[0][1]);
});

test("texts are counted as they are cut", async () => {
  const tokens = await model.tokenize("Hello there.");
  assert.ok(tokens.length > 0 && tokens.every(Number.isInteger), JSON.stringify(tokens));
  assert.equal(await model.countTokens("Hello there."), tokens.length);
  const prompt = await model.applyPromptTemplate([{ role: "user", content: "Hello there." }]);
  assert.ok(prompt.includes("Hello there.") && prompt.length > "Hello there.".length, prompt);
});

test("many texts are embedded at once", async () => {
  const embedder = await client.embedding.model(await embeddingModel(), quiet);
  const vectors = await embedder.embed(Array.from({ length: 100 }, (_, at) => `Text number ${at}.`));
  assert.equal(vectors.length, 100);
  const [seventh, alone] = [vectors[7].embedding, (await embedder.embed("Text number 7.")).embedding];
  const cosine = seventh.reduce((sum, value, at) => sum + value * alone[at], 0);
  assert.ok(Math.abs(cosine - 1) < 1e-3, String(cosine));
  assert.ok((await embedder.countTokens("A cat.")) > 0);
});

test("a collection answers, and is searched beside a file", async () => {
  const grounded = await (await client.llm.model("collection/sdk", quiet)).respond("On which day is the meeting?");
  assert.match(grounded.content, /Tuesday/);
  const embeddingModelHandle = await client.embedding.model(await embeddingModel(), quiet);
  const content = Buffer.from("The pump runs at fifty hertz.\n").toString("base64");
  const pump = await client.files.prepareFileBase64("pump.txt", content);
  const notes = new FileHandle(client.files, "sdk", "unknown", 0, "sdk");
  const steps = [];
  const retrieve = (query) => client.files.retrieve(query, [notes, pump], {
    embeddingModel: embeddingModelHandle, limit: 3, onFileProcessingStepStart: (file, step) => steps.push([file.name, step]),
  });
  const { entries } = await retrieve("How many hertz?");
  assert.equal(entries[0].source.name, "pump.txt");
  assert.ok(entries[0].content.includes("fifty hertz") && entries[0].score > 0, JSON.stringify(entries.map((one) => one.content)));
  assert.ok(steps.length > 0 && steps.every(([name]) => name === "pump.txt"), JSON.stringify(steps));
  const again = await retrieve("On which day is the meeting?");
  assert.match(again.entries.find((one) => one.source.name === "sdk").content, /Tuesday/);
  assert.match((await client.files.parseDocument(pump)).content, /fifty hertz/);
});

test("errors say what is wrong", async () => {
  const refusals = [
    [/nobody\/none/, () => client.llm.model("nobody/none", quiet)],
    [/draft/i, () => model.respond("Hi.", { draftModel: "a/draft" })],
    [/context/i, () => model.respond("word ".repeat(40_000))],
    [/reads at most 8192 tokens/, () => client.llm.load(key, { ...quiet, config: { contextLength: 10_000_000 } })],
    [/embed/i, async () => client.llm.model(await embeddingModel(), quiet)],
    [/models pull/, () => client.repository.searchModels({ searchTerm: "x" })],
  ];
  for (const [told, ask] of refusals) {
    await assert.rejects(async () => await ask(), (error) => {
      assert.match(error.message, told);
      return true;
    });
  }
});
