import { type PriceList } from "@fizz/protocol/messages";
import { unpackResources } from "@fizz/protocol/manifest";
import { generateSealingKeyPair } from "@fizz/protocol/sealing";
import { expect } from "chai";
import { readFileSync } from "node:fs";
import { zeroAddress } from "viem";
import { OperatorSigner } from "../../../node-agent/src/chain/operator-signer.ts";
import { type GpuStock } from "../../../node-agent/src/gpu-ports.ts";
import { QuoteDesk } from "../../../node-agent/src/leases/quote-desk.ts";
import { ListPricing } from "../../../node-agent/src/pricing/list-pricing.ts";
import { machine } from "../../support/machine.ts";
import { sampleOrder } from "../../support/sample-order.ts";
import { hashOf, TENANT } from "../support/builders.ts";
import { FakeChain, NODE } from "../support/fake-chain.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { MemoryStore } from "../support/memory-store.ts";

const training = readFileSync(new URL("../../../examples/gpu-training.yaml", import.meta.url), "utf8");
const H100 = 69n;
const RESOURCES = 64_000n | (524_288n << 32n) | (4_000n << 64n);
const FREE: PriceList = {
  ...{
    token: zeroAddress,
    cpuPerHour: 0n,
    memoryGiBPerHour: 0n,
    storageGiBPerHour: 0n,
    gpuPerHour: { "*": 0n },
  },
};

describe("QuoteDesk of a node with GPUs", () => {
  it("quotes two H100 of a board, by what its driver tells of them", async () => {
    const { quote } = setup({ count: 2, problem: undefined, facts: { memoryMiB: 81_920, form: "sxm" } });
    const { gpuUnits, gpuModel } = unpackResources((await quote()).resources);
    expect([gpuUnits, gpuModel]).to.deep.equal([2, Number(H100)]);
  });

  it("says how many it has of those that an order needs", async () => {
    const { refusal, offer } = setup({
      count: 1,
      problem: undefined,
      facts: { memoryMiB: 81_920, form: "sxm" },
    });
    expect(await refusal()).to.equal("NODE_FULL: Needs 2 × h100, has 1 free.");
    const { free, total, machine: told } = await offer();
    expect([unpackResources(free).gpuUnits, unpackResources(total).gpuUnits]).to.deep.equal([1, 2]);
    expect(told).to.deep.include({ gpuMemoryMiB: 81_920, gpuInterface: "sxm" });
  });

  it("quotes none while the driver does not answer, and none with less memory or another form", async () => {
    const facts = { memoryMiB: 81_920, form: "sxm" } as const;
    const broken = setup({ count: 0, problem: "No answer.", facts });
    expect(await broken.refusal()).to.equal("NODE_FULL: Needs 2 × h100, has 0 free.");
    const small = setup({ count: 2, problem: undefined, facts: { memoryMiB: 65_536, form: "sxm" } });
    expect(await small.refusal()).to.equal("NODE_REFUSED: Needs 80 GiB of GPU memory, has 64 GiB.");
    const slot = setup({ count: 2, problem: undefined, facts: { memoryMiB: 81_920, form: "pcie" } });
    expect(await slot.refusal()).to.equal("NODE_REFUSED: Needs a GPU with sxm, has pcie.");
  });

  function setup(stock: GpuStock) {
    const chain = new FakeChain();
    const order = sampleOrder(training);
    const region = order.openPart.placement.regions[0] ?? "local";
    const resources = RESOURCES | (2n << 96n) | (H100 << 112n);
    chain.node_ = { ...NODE, mode: "provider", region, resources };
    const desk = new QuoteDesk(
      {
        ...{ chain, store: new MemoryStore(), signer: new OperatorSigner(hashOf("operator"), chain) },
        ...{ clock: new FakeClock(), subnetId: () => 1, leases: () => 0, gpus: () => stock },
        makeSealingKey: generateSealingKeyPair,
        busy: () => undefined,
        gates: [],
        pricing: new ListPricing(FREE),
        counter: { quoted: () => undefined, refused: () => undefined },
      },
      {
        ...{ prices: FREE, tokenDecimals: 18, maxLeases: 5, startWindowSeconds: 300, noticeSeconds: 3_600 },
        machine: { ...machine(), bandwidthMbps: 1_000_000, cpuModel: "AMD EPYC 7763" },
      },
    );
    const request = {
      openPart: { ...order.openPart },
      openSalt: order.openSalt,
      tenant: TENANT,
      token: zeroAddress,
    } as const;
    const quote = async () => (await desk.quote(request)).quote;
    const refusal = async (): Promise<string> => {
      const error = (await quote().catch((caught: unknown) => caught)) as { code: string; message: string };
      return `${error.code}: ${error.message}`;
    };
    return { quote, refusal, offer: () => desk.offer() };
  }
});
