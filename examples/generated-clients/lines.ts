// Answers the gate's questions, one per line: walks all pages with a function that reads one.

import { createInterface } from "node:readline";

export class ApiError extends Error {
  constructor(readonly status: number) {
    super(`HTTP ${status}`);
  }
}

type Page = { items: unknown[]; next_page_token?: string | null };
type Read = (baseUrl: string, key: string, query: any) => Promise<Page>;

export async function answerLines(read: Read) {
  for await (const line of createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    const given = Object.entries(asked.query).map(([name, value]) => [name, value ?? undefined]);
    let answer: object;
    try {
      answer = await walk((query) => read(asked.base_url, asked.key, query), Object.fromEntries(given));
    } catch (error) {
      if (!(error instanceof ApiError)) {
        console.error(`${error}`);
        process.exit(1);
      }
      answer = { error: { name: "ApiError", message: error.message, status: error.status } };
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
  }
}

async function walk(read: (query: any) => Promise<Page>, query: any): Promise<Page> {
  let page = await read(query);
  const whole = { ...page };
  const seen = new Set<string>();
  while (page.next_page_token && !seen.has(page.next_page_token)) {
    seen.add(page.next_page_token);
    page = await read({ ...query, page_token: page.next_page_token });
    whole.items = [...whole.items, ...page.items];
  }
  return whole;
}
