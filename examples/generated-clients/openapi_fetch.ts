// The client of openapi-fetch under the gate; `schema` has the types of openapi-typescript.

import createClient from "openapi-fetch";
import { ApiError, answerLines } from "./lines";
import type { paths } from "./schema";

await answerLines(async (baseUrl, key, query) => {
  const client = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });
  const signal = AbortSignal.timeout(1000);
  const { data, response } = await client.GET("/api/v2/classify", { params: { query }, signal });
  if (!data) throw new ApiError(response.status);
  return data;
});
