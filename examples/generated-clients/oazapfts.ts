// The client of oazapfts under the gate; `oazapfts_jobs` is the generated module.

import { ApiError, answerLines } from "./lines";
import { listClassifyJobs } from "./oazapfts_jobs";

await answerLines(async (baseUrl, key, query) => {
  const names = Object.entries(query).map(([name, value]) => [
    name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()),
    value,
  ]);
  const headers = { Authorization: `Bearer ${key}` };
  const signal = AbortSignal.timeout(1000);
  const { data, status } = await listClassifyJobs(Object.fromEntries(names), { baseUrl, headers, signal });
  if (status !== 200) throw new ApiError(status);
  return data;
});
