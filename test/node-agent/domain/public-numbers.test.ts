import { expect } from "chai";
import { containerPortOf } from "../../../node-agent/src/domain/doors.ts";
import { sampleOrder } from "../../support/sample-order.ts";

describe("a public number that a gateway chooses for a container", () => {
  const { openPart } = sampleOrder();
  const services = openPart.services.map((service) => {
    const [run] = service.expose;
    if (run === undefined) throw new Error("the sample exposes nothing");
    const open = { ...run, firstPort: 9_000, lastPort: 9_000, usePublicPort: true };
    const forOthers = { ...run, firstPort: 5_432, lastPort: 5_433, global: false };
    return { ...service, expose: [open, forOthers] };
  });
  const manifest = { ...openPart, services };
  const target = { service: "web", replica: 0, port: 9_000, protocol: "tcp" } as const;

  it("leads to that number", () => {
    expect(portFor(30_000)).to.equal(30_000);
    expect(portFor(5_431)).to.equal(5_431);
  });

  it("leads nowhere when the service listens there for somebody else", () => {
    expect(portFor(5_432)).to.equal(undefined);
    expect(portFor(5_433)).to.equal(undefined);
  });

  function portFor(publicPort: number): number | undefined {
    const endpoint = { ...target, host: "gw", publicPort, url: `http://gw:${publicPort}` };
    return containerPortOf(manifest, target, [endpoint]);
  }
});
