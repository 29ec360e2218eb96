import { gatewayApi } from "@fizz/protocol/gateway-api";
import { MAX_QUOTE_WAIT_SECONDS, type QuotesRequest, type QuotesResponse } from "@fizz/protocol/messages";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { HttpServer } from "../../../relayer/src/http/http-server.ts";
import { type Backend } from "../../../relayer/src/ports.ts";
import { codeOf } from "../../support/code-of.ts";
import { hash, memoryHttpMeter, memoryLogger } from "../support/builders.ts";

const ORDER = { openPart: {}, openSalt: hash(1), tenant: zeroAddress, token: zeroAddress };
const NONE: QuotesResponse = { quotes: [], refusals: [] };

describe("POST /v1/quotes of an order that waits", () => {
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0)) await stop();
  });

  it("goes on beyond the time of a call, for the caller's address", async () => {
    const heard: unknown[] = [];
    const api = await listen(async ({ waitSeconds }, _signal, caller) => {
      heard.push(waitSeconds, caller);
      await new Promise((resolve) => setTimeout(resolve, 60));
      return NONE;
    }, 40);
    expect(await api.quotes({ ...ORDER, waitSeconds: 5 })).to.deep.equal(NONE);
    expect(heard).to.deep.equal([5, "127.0.0.1"]);
    expect(await codeOf(api.quotes(ORDER))).to.equal("GATEWAY_UNREACHABLE");
  });

  it("ends for the gateway when the caller goes away", async () => {
    const caller = new AbortController();
    const gone = new Promise<boolean>((resolve) => {
      void listen(async (_request, signal) => {
        signal.addEventListener("abort", () => {
          resolve(true);
        });
        caller.abort();
        return await new Promise<never>(() => undefined);
      }).then((api) => api.quotes({ ...ORDER, waitSeconds: 5 }, caller.signal).catch(() => undefined));
    });
    expect(await gone).to.equal(true);
  });

  it("is refused when it would wait too long", async () => {
    const api = await listen(() => Promise.resolve(NONE));
    const waitSeconds = MAX_QUOTE_WAIT_SECONDS + 1;
    expect(await codeOf(api.quotes({ ...ORDER, waitSeconds }))).to.equal("INPUT_INVALID");
  });

  async function listen(
    quotes: (request: QuotesRequest, signal: AbortSignal, caller?: string) => Promise<QuotesResponse>,
    timeoutMs = 15_000,
  ) {
    const backend = { quotes } as Backend;
    const init = { host: "127.0.0.1", port: 0, rateLimit: 600 };
    const server = new HttpServer({ backend, meter: memoryHttpMeter(), logger: memoryLogger() }, init);
    const port = await server.start();
    running.push(() => server.stop());
    return gatewayApi({ baseUrl: `http://127.0.0.1:${port}`, fetch, timeoutMs });
  }
});
