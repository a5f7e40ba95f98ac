// The client of openapi-zod-client on Zodios under the gate; `zodios_jobs` is the generated module.

import { ZodiosError } from "@zodios/core";
import { isAxiosError } from "axios";
import { ApiError, answerLines } from "./lines";
import { createApiClient } from "./zodios_jobs";

await answerLines(async (baseUrl, key, query) => {
  const headers = { Authorization: `Bearer ${key}` };
  const client = createApiClient(baseUrl, { axiosConfig: { headers, timeout: 1000 } });
  try {
    return await client.list_classify_jobs({ queries: query });
  } catch (error) {
    const isOwn = error instanceof ZodiosError || isAxiosError(error);
    throw isOwn ? new ApiError((isAxiosError(error) && error.response?.status) || 0) : error;
  }
});
