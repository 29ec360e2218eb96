import { errorCodes, errorFromWire, errorToWire, ProtocolError } from "@fizz/protocol/errors";
import { closeReasons, isReasonOf, nameOfReason } from "@fizz/protocol/reasons";
import { expect } from "chai";
import { readFile } from "node:fs/promises";

describe("error catalogue", () => {
  it("and docs/ERRORS.md list the same codes, statuses and reasons", async () => {
    const page = await readFile(new URL("../../../docs/ERRORS.md", import.meta.url), "utf8");
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` +\| (\d+) +\| (yes|no) +\| (.+?) +\|$/gm)];
    expect(rows.map((row) => [row[1], Number(row[2]), row[3] === "yes", row[4]])).to.deep.equal(
      Object.entries(errorCodes).map(([code, entry]) => [code, entry.status, entry.retryable, entry.meaning]),
    );
    const reasons = [...page.matchAll(/^\| (\d+) +\| `([a-z_.]+)` +\|$/gm)];
    expect(reasons.map((row) => [row[2], Number(row[1])])).to.deep.equal(Object.entries(closeReasons));
  });

  it("crosses a wire and comes back with code, retryable and details", () => {
    const error = new ProtocolError("NODE_FULL", "needs 2 GiB", { details: { missingMiB: 1024 } });
    const back = errorFromWire(errorToWire(error));
    expect([back.code, back.message, back.retryable, back.details]).to.deep.equal([
      "NODE_FULL",
      "needs 2 GiB",
      true,
      { missingMiB: 1024 },
    ]);
  });

  it("never tells another process the text of a bug", () => {
    expect(errorToWire(new TypeError("password is hunter2"))).to.deep.equal({
      code: "INTERNAL",
      message: "An internal error happened.",
      retryable: true,
    });
  });

  it("reads a code of a later version as PEER_REFUSED", () => {
    const back = errorFromWire({ code: "FROM_THE_FUTURE", message: "?", retryable: false });
    expect(back.code).to.equal("PEER_REFUSED");
  });
});

describe("close reasons", () => {
  it("lie in the range of the party that their name says", () => {
    for (const [name, code] of Object.entries(closeReasons)) {
      const party = name.split(".")[0] as "tenant" | "node" | "network";
      expect(isReasonOf(party, code), name).to.equal(true);
      expect(nameOfReason(code)).to.equal(name);
    }
    expect(nameOfReason(29_999)).to.equal("unknown(29999)");
  });
});
