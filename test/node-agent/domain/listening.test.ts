import { expect } from "chai";
import { heardPortsOf, listeningPorts, MAX_HEARD_PORTS } from "../../../node-agent/src/domain/listening.ts";
import { type ContainerSpec } from "../../../node-agent/src/domain/workload.ts";

type Run = ContainerSpec["expose"][number];

describe("on what a container listens", () => {
  it("is read from the kernel's tables: listening sockets of both families, and no connection", () => {
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
      "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21 1",
      "   1: 020012AC:0050 010012AC:D2A4 01 00000000:00000000 00:00000000 00000000     0        0 22 1",
      "  12: 00000000000000000000000000000000:01BB 00000000000000000000000000000000:0000 0A 00000000:00000000",
    ].join("\n");
    expect(listeningPorts(table)).to.deep.equal([8_080, 443]);
    expect(listeningPorts("")).to.deep.equal([]);
  });

  it("is waited for where each TCP port is told by its own number", () => {
    expect(heardPortsOf(exposing({}, { firstPort: 90, lastPort: 90 }, { protocol: "udp" }))).to.deep.equal([
      8_080, 90,
    ]);
  });

  it("cannot be told of ranges, public numbers, nothing, UDP alone, and too much", () => {
    expect(heardPortsOf(exposing({ lastPort: 8_090 }))).to.equal(undefined);
    expect(heardPortsOf(exposing({}, { usePublicPort: true, firstPort: 90, lastPort: 90 }))).to.equal(
      undefined,
    );
    expect(heardPortsOf(exposing())).to.equal(undefined);
    expect(heardPortsOf(exposing({ protocol: "udp" }))).to.equal(undefined);
    const many = Array.from({ length: MAX_HEARD_PORTS + 1 }, (_, index) => ({
      firstPort: index + 1,
      lastPort: index + 1,
    }));
    expect(heardPortsOf(exposing(...many))).to.equal(undefined);
    expect(heardPortsOf(exposing(...many.slice(1)))).to.have.length(MAX_HEARD_PORTS);
  });
});

function exposing(...runs: readonly Partial<Run>[]): Pick<ContainerSpec, "expose"> {
  const plain: Run = {
    ...{ firstPort: 8_080, lastPort: 8_080, wishedPort: 8_080, protocol: "tcp" },
    ...{ usePublicPort: false, global: true, services: [], ip: null, accept: [], http: null },
  };
  return { expose: runs.map((changes) => ({ ...plain, ...changes })) };
}
