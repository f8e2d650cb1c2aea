// Runs the conformance suite of the Model Context Protocol with the arguments that this is given. The suite is written for Node 22, and
// asks for one function that Node 20 lacks and that only its comparison of SDKs calls.

import fs from "node:fs";
import { register } from "node:module";

if (!fs.globSync) {
  const lacking = `export * from "node:fs";
    export function globSync() { throw new Error("this takes Node 22"); }`;
  const hooks = `export const resolve = (specifier, context, next) => specifier === "fs"
    ? { url: ${JSON.stringify(asModule(lacking))}, format: "module", shortCircuit: true }
    : next(specifier, context);`;
  register(asModule(hooks));
}

function asModule(source) {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}

await import("./node_modules/@modelcontextprotocol/conformance/dist/index.js");
