import { expect } from "chai";
import { resourcesOf } from "@fizz/protocol/manifest";
import { amount } from "@fizz/protocol/units";
import { zeroAddress } from "viem";
import { readScriptAnswer, scriptOrderOf } from "../../../node-agent/src/domain/script-order.ts";
import { sampleOrder } from "../../support/sample-order.ts";
import { TENANT } from "../support/builders.ts";

const { openPart } = sampleOrder();
const TERMS = {
  token: zeroAddress,
  decimals: 6,
  listPerHour: amount(2_000_000n),
  mayUndercut: false,
} as const;

describe("what a pricing script reads and writes", () => {
  it("is the order in whole tokens, with the names of GPUs and what is free", () => {
    const wanted = { ...resourcesOf(openPart), gpuUnits: 1, gpuModel: 48 };
    const free = { milliCpu: 4_000, memoryMiB: 8, storageGiB: 9, gpuUnits: 2, gpuModel: 48 };
    const place = { tenant: TENANT, isUpdate: false, free, leases: 3, maxLeases: 20 } as const;
    const order = JSON.parse(scriptOrderOf({ openPart, wanted, ...place }, TERMS)) as Record<string, unknown>;
    expect(order).to.deep.include({
      ...{ version: 1, tenant: TENANT, update: false, durationSeconds: openPart.durationSeconds },
      ...{ token: zeroAddress, decimals: 6, listPricePerHour: "2", openPart },
      node: { leases: 3, maxLeases: 20, free: { milliCpu: 4_000, memoryMiB: 8, storageGiB: 9, gpuUnits: 2 } },
    });
    expect(order["resources"]).to.deep.include({ gpuUnits: 1, gpuModel: "rtx4090" });
    expect(order["ceilingPerHour"]).to.match(/^\d+(\.\d+)?$/);
  });

  it("is a price from the list's on, or a reason to decline", () => {
    expect(readScriptAnswer('{"pricePerHour":"2.50"}\n', TERMS)).to.deep.equal({
      type: "price",
      perHour: 2_500_000n,
    });
    expect(readScriptAnswer('{"pricePerHour":"2"}', TERMS).type).to.equal("price");
    expect(readScriptAnswer('{"pricePerHour":"2.0000000"}', TERMS).type, "zeros are no finer").to.equal(
      "price",
    );
    const declined = readScriptAnswer('{"decline":" not on Sundays "}', TERMS);
    expect(declined).to.deep.include({ type: "declined" });
    expect(JSON.stringify(declined)).to.include("price.declined").and.include("declines: not on Sundays");
    // 2^96 − 1 of the contracts' units per second, and one more token unit an hour.
    expect(readScriptAnswer('{"pricePerHour":"285221385051351.615336"}', TERMS).type).to.equal("price");
    expect(readScriptAnswer('{"pricePerHour":"285221385051351.615337"}', TERMS).type).to.equal("failed");
    const below = { ...TERMS, mayUndercut: true };
    expect(readScriptAnswer('{"pricePerHour":"0"}', below)).to.deep.equal({ type: "price", perHour: 0n });
  });

  const wrong = [
    ["nothing", "", /not {/],
    ["two objects", '{"pricePerHour":"3"}{"pricePerHour":"3"}', /not {/],
    ["a number", '{"pricePerHour":3}', /not {/],
    ["a negative price", '{"pricePerHour":"-3"}', /not {/],
    ["an exponent", '{"pricePerHour":"1e9"}', /not {/],
    ["another key beside it", '{"pricePerHour":"3","token":"0x00"}', /not {/],
    ["price and refusal", '{"pricePerHour":"3","decline":"no"}', /not {/],
    ["an empty refusal", '{"decline":"  "}', /not {/],
    ["a long refusal", JSON.stringify({ decline: "x".repeat(201) }), /not {/],
    ["less than the list", '{"pricePerHour":"1.999999"}', /below the list's 2/],
    ["finer than the token", '{"pricePerHour":"2.0000001"}', /6 decimals/],
    ["more than a rate holds", '{"pricePerHour":"999999999999999999999"}', /too large/],
  ] as const;
  for (const [name, text, why] of wrong)
    it(`is a failure: ${name}`, () => {
      const answer = readScriptAnswer(text, TERMS);
      expect(answer.type === "failed" ? answer.why : answer.type).to.match(why);
    });
});
