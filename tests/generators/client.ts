// Begins, finishes and reads a session with a client that openapi-typescript generated.
import assert from "node:assert/strict";
import createClient from "openapi-fetch";
import type { components, paths } from "./generated.js";

const mock = createClient<paths>({ baseUrl: process.argv[2] });
const company_key = process.argv[3];

const { data: token } = await mock.POST("/external-api/begin/", { body: { company_key, flags: { language: "ka" } } });
assert(token);
const path = { token };
const finished = await mock.POST("/__admin/sessions/{token}/finish", { params: { path }, body: { outcome: "REJECTED" } });
assert.equal(finished.data?.current_result, "REJECTED");
const result = await mock.POST("/external-api/result/", { body: { company_key, session_token: token } });
assert.equal(result.data?.result, "REJECTED");
const details = await mock.GET("/__admin/sessions/{token}", { params: { path } });
assert.deepEqual(details.data?.flags, { language: "ka" });
const picture = await mock.GET("/external-api/result/face/", {
  params: { query: { company_key, session_token: token } },
  parseAs: "arrayBuffer",
});
assert.equal(picture.response.status, 200, "it is served");
assert((picture.data as unknown as ArrayBuffer).byteLength > 1000);

const trigger: components["schemas"]["Stage"]["when"] = ["polls=2", "operator"];
const scenario = {
  name: "late",
  description: "Late",
  stages: [{ when: ["begin"], result: "IN_PROGRESS" }, { when: trigger, result: "APPROVED" }],
};
const added = await mock.POST("/__admin/scenarios", { body: scenario });
assert.equal(added.data?.name, "late", added.error?.detail);
await mock.POST("/__admin/faults", { body: { status: 503, endpoint: "result" } });
const verified = await mock.POST("/__admin/calls/verify", { body: { endpoint: "result", exactly: 2 } });
assert.equal(verified.error?.status, 409);
assert.equal(verified.error?.count, 1);

/** Events are told apart by their member. */
export function scenarioOf(event: components["schemas"]["Event"]): string | undefined {
  return event.what === "begun" ? event.scenario : undefined;
}
