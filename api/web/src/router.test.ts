import {expect, it} from "vitest";
import {callPath, route} from "./router";

it("an address means a page", () => {
  expect(route("/calls", "?queue=support")?.query.get("queue")).toBe("support");
  expect(route(callPath("a/b\nc"), "")).toMatchObject({page: "call", id: "a/b\nc"});
  expect(route("/phone", "")?.page).toBe("phone");
  for (const path of ["/", "/nothing", "/calls/%E0%A4%A"]) expect(route(path, "")).toBeNull();
});
