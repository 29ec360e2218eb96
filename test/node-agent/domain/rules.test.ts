import { type OpenPart, resourcesOf } from "@fizz/protocol/manifest";
import { type PriceList } from "@fizz/protocol/messages";
import { rate } from "@fizz/protocol/units";
import { hourlyPriceOf, reason } from "@fizz/protocol/scores";
import { expect } from "chai";
import { zeroAddress } from "viem";
import { type NodeOffer, type OrderToAdmit, refusalOf } from "../../../node-agent/src/domain/admit-order.ts";
import { restartDelayMs, restartsAfter, retryDelayMs } from "../../../node-agent/src/domain/back-off.ts";
import { containerPortOf, doorRequestsOf, privatePortOf } from "../../../node-agent/src/domain/doors.ts";
import { freeOf } from "../../../node-agent/src/domain/resources.ts";
import { workloadOf } from "../../../node-agent/src/domain/workload.ts";
import { machine } from "../../support/machine.ts";
import { sampleOrder } from "../../support/sample-order.ts";
import { hashOf } from "../support/builders.ts";

const PRICES: PriceList = {
  token: zeroAddress,
  cpuPerHour: 1_000n,
  memoryGiBPerHour: 100n,
  storageGiBPerHour: 10n,
  gpuPerHour: { rtx4090: 5_000n, "*": 3_000n },
};
const { openPart, sealedPart } = sampleOrder();

describe("hourlyPriceOf", () => {
  const rows = [
    { vector: { milliCpu: 1_000, memoryMiB: 0, storageGiB: 0, gpuUnits: 0, gpuModel: 0 }, price: 1_000n },
    { vector: { milliCpu: 500, memoryMiB: 128, storageGiB: 1, gpuUnits: 0, gpuModel: 0 }, price: 522n },
    { vector: { milliCpu: 1, memoryMiB: 1, storageGiB: 0, gpuUnits: 0, gpuModel: 0 }, price: 1n },
  ];
  for (const { vector, price } of rows)
    it(`of ${vector.milliCpu}m, ${vector.memoryMiB} MiB, ${vector.storageGiB} GiB is ${price}`, () => {
      expect(hourlyPriceOf(PRICES, vector)).to.equal(price);
    });

  it("takes the price of the node's GPU model, and that of any other", () => {
    const vector = { milliCpu: 0, memoryMiB: 0, storageGiB: 0, gpuUnits: 2, gpuModel: 48 };
    expect(hourlyPriceOf(PRICES, vector)).to.equal(10_000n);
    expect(hourlyPriceOf(PRICES, { ...vector, gpuModel: 69 })).to.equal(6_000n);
    expect(hourlyPriceOf(PRICES, { ...vector, gpuUnits: 0 })).to.equal(0n);
  });
});

describe("refusalOf", () => {
  it("admits an order that fits", () => {
    expect(refusalOf(order(), offer())).to.equal(undefined);
  });

  const refused: readonly {
    name: string;
    order?: Partial<OrderToAdmit>;
    offer?: Partial<NodeOffer>;
    reason: string;
  }[] = [
    {
      name: "a node that is not active",
      offer: { closed: [reason("node.inactive", "the node is draining")] },
      reason: "node.inactive",
    },
    { name: "the other mode", offer: { mode: "provider" }, reason: "placement.mode" },
    {
      name: "another token",
      order: { token: "0x90F79bf6EB2c4f870365E785982E1f101E93b906" },
      reason: "price.token",
    },
    {
      name: "a foreign region",
      order: { openPart: placed({ regions: ["france"] }) },
      reason: "placement.region",
    },
    {
      name: "an excluded region",
      order: { openPart: placed({ excludedRegions: ["local"] }) },
      reason: "placement.region",
    },
    {
      name: "an order for another node",
      order: { openPart: placed({ desiredFizz: ["99"] }) },
      reason: "placement.node",
    },
    {
      name: "an order that excludes the node",
      order: { openPart: placed({ excludedFizz: ["7"] }) },
      reason: "placement.node",
    },
    {
      name: "another CPU",
      order: { openPart: placed({ cpuModels: ["epyc"] }) },
      reason: "placement.cpu_model",
    },
    {
      name: "more bandwidth",
      order: { openPart: placed({ minBandwidthMbps: 200 }) },
      reason: "placement.bandwidth",
    },
    {
      name: "a price above the ceiling",
      order: { ratePerSecond: rate(10n ** 40n) },
      reason: "price.above_ceiling",
    },
    { name: "a node with as many leases as it wants", offer: { leases: 5 }, reason: "node.leases" },
    {
      name: "too little memory",
      offer: { free: { ...offer().free, memoryMiB: 1 } },
      reason: "capacity.memory",
    },
    { name: "too little CPU", offer: { free: { ...offer().free, milliCpu: 1 } }, reason: "capacity.cpu" },
  ];
  for (const row of refused)
    it(`refuses ${row.name} with ${row.reason}`, () => {
      expect(refusalOf(order(row.order), offer(row.offer))?.reason).to.equal(row.reason);
    });

  it("refuses with every reason, and says that it is full only when nothing else is in the way", () => {
    const small = { free: { ...offer().free, milliCpu: 1, memoryMiB: 1 }, leases: 5 };
    const full = refusalOf(order(), offer(small));
    expect(full?.code).to.equal("NODE_FULL");
    expect(full?.reasons.map(({ code }) => code)).to.deep.equal([
      ...["node.leases", "capacity.cpu", "capacity.memory"],
    ]);
    expect(full?.message).to.match(/^Serves 5 leases, its limit is 5; needs .* of memory, has 1 MiB free\.$/);
    const other = refusalOf(order({ openPart: placed({ regions: ["france"] }) }), offer(small));
    expect(other?.code).to.equal("NODE_REFUSED");
    expect(other?.reason).to.equal("placement.region");
    expect(other?.reasons).to.have.length(4);
  });

  it("takes an update when the number of leases is at its limit", () => {
    expect(refusalOf(order({ isUpdate: true }), offer({ leases: 5 }))).to.equal(undefined);
  });

  function placed(changes: Partial<OpenPart["placement"]>): OpenPart {
    return { ...openPart, placement: { ...openPart.placement, ...changes } };
  }
  function order(changes: Partial<OrderToAdmit> = {}): OrderToAdmit {
    const wanted = resourcesOf(openPart);
    return { openPart, token: zeroAddress, wanted, ratePerSecond: rate(1n), isUpdate: false, ...changes };
  }
  function offer(changes: Partial<NodeOffer> = {}): NodeOffer {
    return {
      nodeId: 7n,
      operator: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
      owner: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
      mode: "fizz",
      region: "local",
      machine: machine(),
      token: zeroAddress,
      tokenDecimals: 18,
      free: { milliCpu: 2_000, memoryMiB: 4_096, storageGiB: 20, gpuUnits: 0, gpuModel: 0 },
      leases: 1,
      maxLeases: 5,
      closed: [],
      ...changes,
    };
  }
});

describe("freeOf", () => {
  it("never goes below zero", () => {
    const total = { milliCpu: 1_000, memoryMiB: 10, storageGiB: 1, gpuUnits: 1, gpuModel: 4 };
    expect(freeOf(total, { ...total, milliCpu: 2_000, gpuUnits: 0 })).to.deep.equal({
      milliCpu: 0,
      memoryMiB: 0,
      storageGiB: 0,
      gpuUnits: 1,
      gpuModel: 4,
    });
  });
});

describe("back-off", () => {
  it("doubles from a second to a minute, and forgets after a long run", () => {
    expect([1, 2, 3, 7, 60].map(restartDelayMs)).to.deep.equal([1_000, 2_000, 4_000, 60_000, 60_000]);
    expect(restartsAfter(9, 1_000)).to.equal(10);
    expect(restartsAfter(9, 600_000)).to.equal(1);
  });

  it("waits between half a second and thirty seconds for the outside", () => {
    expect([1, 2, 7, 90].map((attempt) => retryDelayMs(attempt, 1))).to.deep.equal([
      500, 1_000, 30_000, 30_000,
    ]);
    expect(retryDelayMs(1, 0)).to.equal(375);
  });
});

describe("doors and workload", () => {
  const endpoint = (replica: number, publicPort: number) => ({
    service: "web",
    replica,
    port: 8080,
    protocol: "tcp" as const,
    host: "gw.example",
    publicPort,
    url: `http://gw.example:${publicPort}`,
  });
  const doors = { host: "gw.example", endpoints: [endpoint(0, 30_001), endpoint(1, 30_002)] };
  const twice = manifest({ count: 2 });

  it("asks for one door per replica", () => {
    const asked = doorRequestsOf(twice).map(({ service, replica, port }) => `${service}/${replica}:${port}`);
    expect(asked).to.deep.equal(["web/0:8080", "web/1:8080"]);
  });

  it("asks for a PROXY header where the manifest wants one", () => {
    expect(doorRequestsOf(twice).map((door) => "proxyProtocol" in door)).to.deep.equal([false, false]);
    const services = twice.services.map((service) => ({
      ...service,
      expose: service.expose.map((entry) => ({ ...entry, proxyProtocol: "v2" as const })),
    }));
    const asked = doorRequestsOf({ ...twice, services }).map(({ proxyProtocol }) => proxyProtocol);
    expect(asked).to.deep.equal(["v2", "v2"]);
  });

  it("leads a public port to the container's own, and with use_public_port to the public number", () => {
    const target = { service: "web", replica: 1, port: 8080, protocol: "tcp" as const };
    expect(containerPortOf(twice, target, doors.endpoints)).to.equal(8080);
    expect(containerPortOf(manifest({ count: 2, usePublicPort: true }), target, doors.endpoints)).to.equal(
      30_002,
    );
  });

  it("leads nowhere for what the manifest does not open", () => {
    for (const target of [
      { service: "web", replica: 0, port: 22, protocol: "tcp" as const },
      { service: "web", replica: 2, port: 8080, protocol: "tcp" as const },
      { service: "db", replica: 0, port: 8080, protocol: "tcp" as const },
      { service: "web", replica: 0, port: 8080, protocol: "udp" as const },
    ])
      expect(containerPortOf(twice, target, doors.endpoints)).to.equal(undefined);
    expect(
      containerPortOf(
        manifest({ global: false }),
        { service: "web", replica: 0, port: 8080, protocol: "tcp" },
        [],
      ),
    ).to.equal(undefined);
  });

  it("leads its tenant to every exposed TCP port, public or not, and to no other", () => {
    const target = { service: "web", replica: 1, port: 8080 };
    const hidden = manifest({ count: 2, global: false });
    expect(privatePortOf(twice, target, [])).to.equal(8080);
    expect(privatePortOf(hidden, target, [])).to.equal(8080);
    expect(privatePortOf(manifest({ count: 2, usePublicPort: true }), target, doors.endpoints)).to.equal(
      30_002,
    );
    for (const change of [{ port: 22 }, { port: 8081 }, { replica: 2 }, { service: "db" }])
      expect(privatePortOf(hidden, { ...target, ...change }, [])).to.equal(undefined);
    const services = twice.services.map((service) => ({
      ...service,
      expose: service.expose.map((entry) => ({ ...entry, protocol: "udp" as const })),
    }));
    expect(privatePortOf({ ...twice, services }, target, []), "it carries TCP").to.equal(undefined);
  });

  it("makes one container per replica and tells each where it is", () => {
    const specs = workload(twice);
    expect(specs.map(({ replica, aliases }) => [replica, aliases])).to.deep.equal([
      [0, ["web", "web-0"]],
      [1, ["web", "web-1"]],
    ]);
    expect(specs[1]?.placeEnv).to.deep.equal([
      "FIZZ_LID=9",
      "FIZZ_SERVICE=web",
      "FIZZ_REPLICA=1",
      "FIZZ_PUBLIC_HOST=gw.example",
      "FIZZ_PUBLIC_PORT_8080=30002",
    ]);
  });

  it("drops variables of the manifest that only the node may set", () => {
    const services = sealedPart.services.map((service) => ({ ...service, env: ["A=1", "FIZZ_LID=5"] }));
    expect(workload(openPart, { ...sealedPart, services })[0]?.env).to.deep.equal(["A=1"]);
  });

  it("starts services after those they depend on", () => {
    const [open] = openPart.services;
    const [sealed] = sealedPart.services;
    if (open === undefined || sealed === undefined) throw new Error("the sample has no service");
    const names = ["a", "b", "c"];
    const needs: Record<string, string[]> = { a: ["c"], b: [], c: ["b"] };
    const order = workload(
      { ...openPart, services: names.map((name) => ({ ...open, name })) },
      {
        ...sealedPart,
        services: names.map((name) => ({ ...sealed, name, dependencies: needs[name] ?? [] })),
      },
    );
    expect(order.map(({ service }) => service)).to.deep.equal(["b", "c", "a"]);
  });

  function workload(open: OpenPart, sealed = sealedPart) {
    return workloadOf({
      leaseHash: hashOf("lease"),
      lid: 9n,
      version: 1,
      openPart: open,
      sealedPart: sealed,
      doors,
    });
  }
  function manifest({ count = 1, usePublicPort = false, global = true }): OpenPart {
    const services = openPart.services.map((service) => ({
      ...service,
      count,
      expose: service.expose.map((entry) => ({ ...entry, usePublicPort, global })),
    }));
    return { ...openPart, services };
  }
});
