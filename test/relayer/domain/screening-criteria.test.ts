import { type OpenPart, packResources, unpackResources } from "@fizz/protocol/manifest";
import { type Machine } from "@fizz/protocol/messages";
import { type Reason } from "@fizz/protocol/scores";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { screenOf } from "../../../relayer/src/domain/screening.ts";
import { type NodeView } from "../../../relayer/src/ports.ts";
import { machine } from "../../support/machine.ts";
import { sampleOrder } from "../../support/sample-order.ts";
import { MARKET, nodeFacts, nodeView, offer } from "../support/builders.ts";
import { FakeChain } from "../support/fake-chain.ts";
import { UNROUTED } from "../support/unrouted.ts";

const gateway = { ...new FakeChain().gateway, operator: MARKET };
const composed = sampleOrder();
const RTX4090 = 48;

describe("screenOf, by each criterion of an order", () => {
  const gpuNode = gpuNodeOf({});
  const cases: readonly {
    readonly name: string;
    readonly order: OpenPart;
    readonly fits: Partial<NodeView>;
    readonly misses: Partial<NodeView>;
    readonly reason: object;
  }[] = [
    {
      name: "region",
      order: placed({ regions: ["eu-west"] }),
      fits: {},
      misses: { facts: nodeFacts({ region: "us-east" }) },
      reason: { code: "placement.region", needs: "eu-west", has: "us-east", unit: "region" },
    },
    {
      name: "region_exclude",
      order: placed({ excludedRegions: ["us-east"] }),
      fits: {},
      misses: { facts: nodeFacts({ region: "us-east" }) },
      reason: { code: "placement.region", needs: "not us-east", has: "us-east" },
    },
    {
      name: "desired_fizz",
      order: placed({ desiredFizz: [nodeFacts().operator.toLowerCase()] }),
      fits: {},
      misses: { facts: nodeFacts({ operator: MARKET }) },
      reason: { code: "placement.node", needs: nodeFacts().operator.toLowerCase(), unit: "node" },
    },
    {
      name: "fizz_exclude",
      order: placed({ excludedFizz: ["2"] }),
      fits: {},
      misses: { facts: nodeFacts({ nodeId: 2n }) },
      reason: { code: "placement.node", needs: "not 2" },
    },
    {
      name: "desired_provider of a provider order",
      order: placed({ desiredProviders: ["1"] }, "provider"),
      fits: { facts: nodeFacts({ mode: "provider" }) },
      misses: { facts: nodeFacts({ mode: "provider", nodeId: 2n }) },
      reason: { code: "placement.node", needs: "1" },
    },
    {
      name: "provider_exclude of a provider order",
      order: placed({ excludedProviders: [nodeFacts().owner.toLowerCase()] }, "provider"),
      fits: { facts: nodeFacts({ mode: "provider", owner: MARKET }) },
      misses: { facts: nodeFacts({ mode: "provider" }) },
      reason: { code: "placement.node" },
    },
    {
      name: "cpu_model",
      order: placed({ cpuModels: ["epyc"] }),
      fits: machineOf({ cpuModel: "AMD EPYC 7763" }),
      misses: machineOf({ cpuModel: "Intel Xeon" }),
      reason: { code: "placement.cpu_model", needs: "epyc", has: "Intel Xeon", unit: "CPU model" },
    },
    {
      name: "bandwidth",
      order: placed({ minBandwidthMbps: 200 }),
      fits: machineOf({ bandwidthMbps: 200 }),
      misses: machineOf({ bandwidthMbps: 100 }),
      reason: { code: "placement.bandwidth", needs: "200", has: "100", unit: "Mbit/s" },
    },
    {
      name: "arch arm64",
      order: resources({ arm64Models: [] }),
      fits: machineOf({ architecture: "arm64" }),
      misses: machineOf({ architecture: "x64" }),
      reason: { code: "placement.architecture", needs: "arm64", has: "x64", unit: "architecture" },
    },
    {
      name: "a chip of arch arm64",
      order: resources({ arm64Models: ["m3-pro"] }),
      fits: machineOf({ architecture: "arm64", cpuModel: "Apple M3 Pro" }),
      misses: machineOf({ architecture: "arm64", cpuModel: "Apple M1" }),
      reason: { code: "placement.cpu_model", needs: "m3-pro", has: "Apple M1" },
    },
    {
      name: "gpu units",
      order: gpu({ units: 2 }),
      fits: gpuNodeOf({}, 2),
      misses: gpuNode,
      reason: { code: "capacity.gpu", needs: "2", has: "1", unit: "GPU" },
    },
    {
      name: "gpu model",
      order: gpu({ models: [{ model: "rtx4090", ramBytes: null, interface: null }] }),
      fits: gpuNode,
      misses: gpuNodeOf({}, 1, RTX4090 + 1),
      reason: { code: "capacity.gpu_model", needs: "rtx4090", has: "rtx5090", unit: "GPU model" },
    },
    {
      name: "gpu ram",
      order: gpu({ models: [{ model: "rtx4090", ramBytes: `${24n * 1_024n ** 3n}`, interface: null }] }),
      fits: gpuNodeOf({ gpuMemoryMiB: 24_576 }),
      misses: gpuNodeOf({ gpuMemoryMiB: 16_384 }),
      reason: { code: "capacity.gpu_memory", needs: "24576", has: "16384", unit: "MiB" },
    },
    {
      name: "gpu interface",
      order: gpu({ models: [{ model: "rtx4090", ramBytes: null, interface: "sxm" }] }),
      fits: gpuNodeOf({ gpuInterface: "sxm" }),
      misses: gpuNode,
      reason: { code: "capacity.gpu_model", needs: "sxm", has: "unknown", unit: "GPU interface" },
    },
  ];
  for (const { name, order, fits, misses, reason } of cases)
    it(name, () => {
      expect(reasonsOf(fits, order)).to.deep.equal([]);
      const reasons = reasonsOf(misses, order);
      expect(reasons).to.have.length(1);
      expect(reasons[0]).to.containSubset(reason);
    });

  it("tier", () => {
    expect(codesOf({}, { ...composed.openPart, tiers: [6, 7] })).to.deep.equal([]);
    expect(reasonsOf({}, { ...composed.openPart, tiers: [1, 2] })[0]).to.include({
      ...{ code: "placement.tier", needs: "1;2", has: "7" },
    });
  });

  it("req_vram", () => {
    const required = (comparison: ">=" | "<", percent: number): OpenPart =>
      gpu({ requiredVram: { comparison, percent } });
    expect(codesOf(gpuNode, required(">=", 80))).to.deep.equal([]);
    expect(reasonsOf(gpuNode, required("<", 50))[0]).to.include({
      ...{ code: "capacity.gpu_memory", needs: "<50", has: "100", unit: "percent" },
    });
  });

  it("desired_provider and provider_exclude of a Fizz order, which choose the gateway", () => {
    expect(codesOf({}, placed({ desiredProviders: ["1"] }))).to.deep.equal([]);
    expect(codesOf({}, placed({ desiredProviders: ["2"] }))).to.deep.equal(["placement.gateway"]);
    expect(codesOf({}, placed({ excludedProviders: [MARKET.toLowerCase()] }))).to.deep.equal([
      "placement.gateway",
    ]);
  });

  it("and the machine of an agent that does not tell it is left to the agent", () => {
    expect(codesOf({}, placed({ cpuModels: ["epyc"], minBandwidthMbps: 200 }))).to.deep.equal([]);
  });

  it("takes the memory that a GPU model's name promises where the owner states none", () => {
    const order = gpu({
      models: [{ model: "a100-80g", ramBytes: `${80n * 1_024n ** 3n}`, interface: null }],
    });
    expect(codesOf(gpuNodeOf({}, 1, 68), order)).to.deep.equal([]);
  });

  function reasonsOf(view: Partial<NodeView>, openPart: OpenPart): Reason[] {
    const terms = { token: zeroAddress, isUpdate: false, freeDoors: 10, router: UNROUTED };
    return screenOf({ openPart, ...terms }, gateway)(nodeView(view));
  }

  function codesOf(view: Partial<NodeView>, openPart: OpenPart): string[] {
    return reasonsOf(view, openPart).map(({ code }) => code);
  }

  function placed(
    placement: Partial<OpenPart["placement"]>,
    mode: OpenPart["mode"] = composed.openPart.mode,
  ): OpenPart {
    const { openPart } = composed;
    return { ...openPart, mode, placement: { ...openPart.placement, ...placement } };
  }

  function resources(changes: Partial<OpenPart["services"][number]["resources"]>): OpenPart {
    const services = composed.openPart.services.map((service) => ({
      ...service,
      resources: { ...service.resources, ...changes },
    }));
    return { ...composed.openPart, services };
  }

  function gpu(changes: Partial<NonNullable<OpenPart["services"][number]["resources"]["gpu"]>>): OpenPart {
    return resources({ gpu: { units: 1, models: [], requiredVram: null, ...changes } });
  }

  function machineOf(changes: Partial<Machine>): Partial<NodeView> {
    return { offer: offer({ machine: machine(changes) }) };
  }

  function gpuNodeOf(changes: Partial<Machine>, gpuUnits = 1, gpuModel = RTX4090): Partial<NodeView> {
    const total = packResources({ ...unpackResources(nodeFacts().total), gpuUnits, gpuModel });
    return { facts: nodeFacts({ total }), offer: offer({ total, free: total, machine: machine(changes) }) };
  }
});
