// Lets `docpact gate --exec 'node client.mjs'` test the official TypeScript SDK: reads a query from
// stdin, and writes the items that the SDK returns, or its error, to stdout.

import { readFileSync } from "node:fs";
import LlamaCloud, { LlamaCloudError } from "@llamaindex/llama-cloud";

const client = new LlamaCloud({
  baseURL: process.env.DOCPACT_BASE_URL,
  apiKey: process.env.DOCPACT_KEY,
  timeout: 1000,
});

try {
  const items = [];
  for await (const job of client.classify.list(JSON.parse(readFileSync(0, "utf8")))) {
    items.push(job);
  }
  process.stdout.write(JSON.stringify({ items }));
} catch (error) {
  if (!(error instanceof LlamaCloudError)) throw error;
  const { name } = error.constructor;
  process.stdout.write(JSON.stringify({ error: { name, message: error.message, status: error.status } }));
}
