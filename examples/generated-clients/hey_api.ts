// The client of hey-api under the gate; `hey` is the generated folder.

import { createClient } from "./hey/client";
import { listClassifyJobs } from "./hey/sdk.gen";
import { ApiError, answerLines } from "./lines";

await answerLines(async (baseUrl, key, query) => {
  const client = createClient({ baseUrl, auth: key });
  const signal = AbortSignal.timeout(1000);
  const { data, response } = await listClassifyJobs({ client, query, signal });
  if (!data) throw new ApiError(response?.status ?? 0);
  return data;
});
