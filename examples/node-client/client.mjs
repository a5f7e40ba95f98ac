// Lets `docpact gate --exec 'node client.mjs'` drive the official TypeScript SDK: a query comes in on
// stdin, and what the SDK makes of the answers goes out on stdout.

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
