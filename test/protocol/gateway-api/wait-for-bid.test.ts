import { type ErrorCode, ProtocolError } from "@fizz/protocol/errors";
import { waitForBid } from "@fizz/protocol/gateway-api";
import { type QuotesRequest, type QuotesResponse } from "@fizz/protocol/messages";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { codeOf } from "../../support/code-of.ts";
import { sampleOrder } from "../../support/sample-order.ts";

const NONE: QuotesResponse = { quotes: [], refusals: [] };
const { openPart, openSalt } = sampleOrder();
const REQUEST: QuotesRequest = {
  openPart: { ...openPart },
  openSalt,
  tenant: zeroAddress,
  token: zeroAddress,
};
const BID = { quotes: [{ score: 1 }], refusals: [] } as unknown as QuotesResponse;

describe("a wait for a bid", function () {
  this.timeout(30_000);

  it("outlasts a gateway that drains, is away, limits, and loses its chain", async () => {
    const codes = ["GATEWAY_DRAINING", "GATEWAY_UNREACHABLE", "LIMIT_REACHED", "CHAIN_UNREACHABLE"] as const;
    const { api, asked, told } = gateway([NONE, ...codes, BID]);
    expect(await waitForBid(api, REQUEST, { waitSeconds: 240, ...told })).to.equal(BID);
    expect(told.failures).to.deep.equal([undefined, ...codes]);
    expect(asked).to.deep.equal([50, 50, 50, 50, 50, 50]);
  });

  it("asks once, and fails at once, where there is no time to wait", async () => {
    const { api, asked, told } = gateway(["GATEWAY_DRAINING"]);
    expect(await codeOf(waitForBid(api, REQUEST, { waitSeconds: 0, ...told }))).to.equal("GATEWAY_DRAINING");
    const other = gateway([NONE]);
    expect(await waitForBid(other.api, REQUEST, { waitSeconds: 0, ...other.told })).to.equal(NONE);
    expect([...asked, ...other.asked]).to.deep.equal([undefined, undefined]);
  });

  it("ends with what the last call said when time is up", async () => {
    const away = gateway([NONE, ...Array.from({ length: 9 }, () => "GATEWAY_UNREACHABLE" as const)]);
    expect(await codeOf(waitForBid(away.api, REQUEST, { waitSeconds: 1, ...away.told }))).to.equal(
      "GATEWAY_UNREACHABLE",
    );
    const back = gateway(["GATEWAY_UNREACHABLE", ...Array.from({ length: 9 }, () => NONE)]);
    expect(await waitForBid(back.api, REQUEST, { waitSeconds: 1, ...back.told })).to.equal(NONE);
  });

  it("does not wait for what will not go away", async () => {
    const { api, asked, told } = gateway([NONE, "MANIFEST_INVALID"]);
    expect(await codeOf(waitForBid(api, REQUEST, { waitSeconds: 60, ...told }))).to.equal("MANIFEST_INVALID");
    expect(asked).to.have.length(2);
  });

  it("ends with its caller, in a call and between two", async () => {
    const caller = new AbortController();
    const { api, told } = gateway([NONE]);
    const signal = caller.signal;
    const waiting = waitForBid(api, REQUEST, {
      ...{ waitSeconds: 60, signal },
      onAgain: () => {
        setTimeout(() => {
          caller.abort(new ProtocolError("TIMEOUT", "enough"));
        }, 5);
      },
    });
    expect(await codeOf(waiting)).to.equal("TIMEOUT");
    const late = waitForBid(gateway(["GATEWAY_UNREACHABLE"]).api, REQUEST, {
      ...told,
      waitSeconds: 60,
      signal,
    });
    expect(await codeOf(late)).to.equal("TIMEOUT");
  });

  it("waits as long as the gateway says before it asks again", async () => {
    const { api, told } = gateway([limited(2), BID]);
    const from = Date.now();
    expect(await waitForBid(api, REQUEST, { waitSeconds: 60, ...told })).to.equal(BID);
    expect(Date.now() - from).to.be.at.least(1_990);
  });

  function limited(retryAfterSeconds: number): ProtocolError {
    return new ProtocolError("RATE_LIMITED", "too many", { details: { retryAfterSeconds } });
  }

  /** One that says this, call by call. */
  function gateway(says: readonly (QuotesResponse | ErrorCode | ProtocolError)[]) {
    const asked: (number | undefined)[] = [];
    const failures: (string | undefined)[] = [];
    const api = {
      quotes: ({ waitSeconds }: QuotesRequest): Promise<QuotesResponse> => {
        const next = says[asked.push(waitSeconds) - 1] ?? "INTERNAL";
        if (typeof next === "string") return Promise.reject(new ProtocolError(next, "no"));
        return next instanceof ProtocolError ? Promise.reject(next) : Promise.resolve(next);
      },
    };
    const onAgain = (_left: number, failure: ProtocolError | undefined): void => {
      failures.push(failure?.code);
    };
    return { api, asked, told: { signal: new AbortController().signal, onAgain, failures } };
  }
});
