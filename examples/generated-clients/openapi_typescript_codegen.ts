// The client of openapi-typescript-codegen under the gate; `codegen` is the generated folder.

import { ApiError as Refused, CancelError, DefaultService, OpenAPI } from "./codegen";
import { ApiError, answerLines } from "./lines";

await answerLines(async (baseUrl, key, query) => {
  OpenAPI.BASE = baseUrl;
  OpenAPI.TOKEN = key;
  const call = DefaultService.listClassifyJobs(
    query.configuration_id, query.job_ids, query.organization_id, query.page_size,
    query.page_token, query.project_id, query.status,
  );
  const timer = setTimeout(() => call.cancel(), 1000);
  try {
    return await call;
  } catch (error) {
    if (error instanceof Refused) throw new ApiError(error.status);
    throw error instanceof CancelError ? new ApiError(0) : error;
  } finally {
    clearTimeout(timer);
  }
});
