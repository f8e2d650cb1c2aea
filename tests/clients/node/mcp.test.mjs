// The official client of the Model Context Protocol, over HTTP. It holds results of tools to their schemas by itself.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { server } from "./server.mjs";

const client = new Client({ name: "quire-clients", version: "1.0.0" });

before(() => client.connect(new StreamableHTTPClientTransport(new URL(`${server}/mcp`))));
after(() => client.close());

test("tools and resources are listed", async () => {
  const { tools } = await client.listTools();
  assert.ok(tools.find((tool) => tool.name === "search_notes").annotations.readOnlyHint);
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.ok(resourceTemplates.some((template) => template.uriTemplate.startsWith("note://")));
});

test("a document is found and read as a tool and as a resource", async () => {
  const found = await client.callTool({ name: "search_notes", arguments: { query: "meeting", collection: "sdk" } });
  const { uri } = found.structuredContent.passages[0];
  const read = await client.callTool({ name: "read_document", arguments: { uri } });
  assert.match(read.structuredContent.text, /Tuesday/);
  const { resources } = await client.listResources();
  assert.ok(resources.some((resource) => resource.uri === uri));
  assert.match((await client.readResource({ uri })).contents[0].text, /Tuesday/);
});

test("a question is answered with quotes", async () => {
  const said = await client.callTool({
    name: "ask", arguments: { question: "On which day is the meeting?", collection: "sdk" },
  }, undefined, { timeout: 110_000 });
  assert.match(said.structuredContent.citations[0].quote, /Tuesday/);
});

test("what cannot be done is said to the model or to the program", async () => {
  const missing = await client.callTool({ name: "read_document", arguments: { uri: "note://sdk/none.txt" } });
  assert.equal(missing.isError, true);
  await assert.rejects(client.callTool({ name: "no_such_tool", arguments: {} }), { code: -32602 });
  await assert.rejects(client.callTool({ name: "search_notes", arguments: {} }), { code: -32602 });
});
