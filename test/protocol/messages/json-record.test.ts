import { wireErrorSchema } from "@fizz/protocol/errors";
import {
  jsonRecordSchema,
  leaseEventSchema,
  manifestDeliverySchema,
  MAX_JSON_DEPTH,
  textRecordSchema,
} from "@fizz/protocol/messages";
import { expect } from "chai";

describe("JSON whose shape a message leaves open", () => {
  it("is as deep as it may be, and no deeper", () => {
    expect(jsonRecordSchema.safeParse({ a: nested(MAX_JSON_DEPTH - 1) }).success).to.equal(true);
    for (const depth of [MAX_JSON_DEPTH, 100_000])
      for (const open of ["list", "object"] as const)
        expect(jsonRecordSchema.safeParse({ a: nested(depth, open) }).success, open).to.equal(false);
  });

  it("is held to that wherever it travels, so that it can be written again", () => {
    const deep = { a: nested(100_000) };
    const error = { code: "NODE_FULL", message: "", retryable: true, details: deep };
    expect(wireErrorSchema.safeParse(error).success).to.equal(false);
    const event = { cursor: 1, at: 1, code: "a", message: "", data: deep };
    expect(leaseEventSchema.safeParse(event).success).to.equal(false);
    const { error: told } = manifestDeliverySchema.safeParse({ openPart: deep });
    expect(told?.issues.map(({ path }) => path.join("."))).to.include("openPart");
  });

  function nested(depth: number, open: "list" | "object" = "list"): unknown {
    let value: unknown = 0;
    for (let level = 0; level < depth; level += 1) value = open === "list" ? [value] : { a: value };
    return value;
  }

  it("holds no text that a database cannot keep, where that is asked for", () => {
    for (const bad of ["a\0b", "\ud800", "\udc00x"])
      for (const value of [{ a: bad }, { [bad]: 1 }, { a: [{ b: bad }] }])
        expect(textRecordSchema.safeParse(value).success, JSON.stringify(value)).to.equal(false);
    const good = { é: ["😀", "\u0001", { "\\u0000": null }], n: 5, t: true };
    expect(textRecordSchema.parse(good)).to.deep.equal(good);
  });
});
