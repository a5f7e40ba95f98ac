// The client of swagger-typescript-api under the gate; `swagger_jobs` is the generated module.

import { ApiError, answerLines } from "./lines";
import { Api } from "./swagger_jobs";

await answerLines(async (baseUrl, key, query) => {
  const securityWorker = () => ({ headers: { Authorization: `Bearer ${key}` } });
  const client = new Api({ baseUrl, securityWorker });
  try {
    const signal = AbortSignal.timeout(1000);
    const { data, error, status } = await client.api.listClassifyJobs(query, { signal });
    if (error) throw new ApiError(status);
    return data;
  } catch (error) {
    throw error instanceof Response ? new ApiError(error.status) : error;
  }
});
