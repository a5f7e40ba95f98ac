// The fetch client of orval under the gate; `jobs` is the generated module, which has no base URL.

import { listClassifyJobs } from "./jobs";
import { ApiError, answerLines } from "./lines";

const send = globalThis.fetch;

await answerLines(async (baseUrl, key, query) => {
  globalThis.fetch = (path, options) => send(`${baseUrl}${path}`, options);
  const headers = { Authorization: `Bearer ${key}` };
  const { data, status } = await listClassifyJobs(query, { headers, signal: AbortSignal.timeout(1000) });
  if (status !== 200) throw new ApiError(status);
  return data;
});
