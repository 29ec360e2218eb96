import { leaseEventCodes } from "@fizz/protocol/messages";
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { startupCodes } from "../../../node-agent/src/domain/startup-steps.ts";

describe("docs/EVENTS.md", () => {
  it("has a row for each code of an event, and says which are in the start-up log", () => {
    const page = readFileSync(new URL("../../../docs/EVENTS.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `([a-z_.]+)` +\| (yes)? +\| \S/gm)];
    const expected = leaseEventCodes.map((code) => [code, startupCodes.has(code)]);
    expect(rows.map((row) => [row[1], row[2] === "yes"])).to.deep.equal(expected);
  });
});
