import type { Quote } from "@fizz/protocol/typed-data";
import { expect } from "chai";
import { parseEther, zeroAddress, zeroHash } from "viem";
import { reviewFactsOf } from "../../../web/src/features/deploy/review-facts.ts";

describe("reviewFactsOf", () => {
  it("says what is locked, what is sent and what it costs per hour", () => {
    const facts = valuesOf({
      free: parseEther("0.001"),
      value: parseEther("0.0026"),
      gas: 21_000n * 10n ** 9n,
    });
    expect(facts).to.include({
      Price: "0.0036 ETH / h",
      "Locked in advance": "0.0036 ETH",
      "Free in your escrow account": "0.001 ETH",
      "Sent with the transaction": "0.0026 ETH",
      "Gas, at most": "0.000021 ETH",
      "Cuts in the price": "subnet 5 %, protocol 2.5 %",
      "The node must start within": "5 min",
    });
  });
  it("does not guess what is not known yet", () => {
    const facts = valuesOf({ free: undefined, value: 0n, gas: undefined });
    expect(facts).to.include({
      "Free in your escrow account": "…",
      "Sent with the transaction": "…",
      "Gas, at most": "…",
    });
  });
  it("says so when gas cannot be known", () => {
    expect(valuesOf({ free: 0n, value: 0n, gas: null })).to.include({ "Gas, at most": "not known" });
  });
});

function valuesOf(input: { free: bigint | undefined; value: bigint; gas: bigint | null | undefined }) {
  const facts = reviewFactsOf({ quote: quote(), locked: parseEther("0.0036"), ...input });
  return Object.fromEntries(facts.map(({ label, value }) => [label, value]));
}

function quote(): Quote {
  return {
    nodeId: 1n,
    subnetId: 1,
    tenant: zeroAddress,
    token: zeroAddress,
    ratePerSecond: parseEther("0.000001") * 10n ** 12n,
    resources: 0n,
    openPartHash: zeroHash,
    sealingKey: zeroHash,
    startWindowSeconds: 300,
    noticeSeconds: 600,
    minSeconds: 60,
    maxSeconds: 86_400,
    reservationSeconds: 60,
    subnetCutBps: 500,
    protocolCutBps: 250,
    expiresAt: 0,
    nonce: 1n,
  };
}
