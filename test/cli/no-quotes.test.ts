import { type OpenPart } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { noQuotes } from "../../cli/src/deployment/choose-quote.ts";
import { sampleOrder } from "../support/sample-order.ts";

const { openPart } = sampleOrder();
const full = { nodeId: 1n, code: "node.leases", message: "Serves 5 leases; needs 9 CPU, has 8 CPU free." };
const reasons = [
  { code: "node.leases", message: "" },
  { code: "capacity.cpu", message: "" },
];

describe("the error for when nobody bids", () => {
  it("says that all replicas run on one node when that may be why", () => {
    const several = messageOf({ ...full, reasons }, 3);
    expect(several).to.include("needs 9 CPU, has 8 CPU free").and.to.include("All 3 replicas");
    expect(messageOf({ ...full, reasons }, 1)).not.to.include("replicas");
    expect(messageOf(full, 3)).not.to.include("replicas");
    expect(messageOf({ ...full, code: "capacity.cpu" }, 3)).to.include("All 3 replicas");
  });

  function messageOf(refusal: typeof full & { reasons?: typeof reasons }, count: number): string {
    const services = openPart.services.map((service) => ({ ...service, count }));
    const order: OpenPart = { ...openPart, services };
    return noQuotes({ quotes: [], refusals: [refusal] }, [], order).message;
  }
});
