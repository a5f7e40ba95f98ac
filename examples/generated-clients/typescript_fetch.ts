// The typescript-fetch client of openapi-generator under the gate; `tsfetch` is the generated folder.

import { ApiError, answerLines } from "./lines";
import { Configuration, DefaultApi, FetchError, ListClassifyJobsResponseToJSON, ResponseError } from "./tsfetch";

await answerLines(async (basePath, accessToken, query) => {
  const client = new DefaultApi(new Configuration({ basePath, accessToken }));
  const names = Object.entries(query).map(([name, value]) => [
    name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()),
    value,
  ]);
  try {
    const signal = AbortSignal.timeout(1000);
    return ListClassifyJobsResponseToJSON(await client.listClassifyJobs(Object.fromEntries(names), { signal }));
  } catch (error) {
    if (error instanceof ResponseError) throw new ApiError(error.response.status);
    throw error instanceof FetchError ? new ApiError(0) : error;
  }
});
