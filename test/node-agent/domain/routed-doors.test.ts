import { expect } from "chai";
import { doorRequestsOf, shownEndpoints } from "../../../node-agent/src/domain/doors.ts";
import { sampleOrder } from "../../support/sample-order.ts";

describe("routed doors", () => {
  const { openPart } = sampleOrder();
  const manifest = {
    ...openPart,
    services: openPart.services.map((service) => ({ ...service, count: 2 })),
  };
  const endpoint = (replica: number, publicPort: number) => ({
    service: "web",
    replica,
    port: 8080,
    protocol: "tcp" as const,
    host: "gw.example",
    publicPort,
    url: `http://gw.example:${publicPort}`,
  });

  it("asks for a host name where the manifest has HTTP, once for all replicas, and shows it once", () => {
    const times = { readTimeoutMs: 2, sendTimeoutMs: 3, nextTimeoutMs: 5 };
    const http = { ...times, maxBodySize: 1, nextTries: 4, nextCases: ["error"] };
    const services = manifest.services.map((service) => ({
      ...service,
      expose: service.expose.map((run) => ({
        ...run,
        wishedPort: 80,
        protocol: "http" as const,
        accept: ["www.acme.test"],
        http,
      })),
    }));
    const asked = doorRequestsOf({ ...manifest, mode: "provider", services });
    expect(asked.map(({ route }) => route)).to.deep.equal([
      { scheme: "http", accept: ["www.acme.test"], options: http },
      { scheme: "http", accept: [], options: http },
    ]);
    expect(doorRequestsOf(manifest).some((door) => "route" in door)).to.equal(false);
    const routed = [endpoint(0, 80), endpoint(1, 80), { ...endpoint(1, 30_007), port: 9 }];
    expect(shownEndpoints(routed)).to.deep.equal([routed[0], routed[2]]);
  });
});
