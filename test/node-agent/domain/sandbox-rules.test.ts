import { expect } from "chai";
import { parseHostNetwork } from "../../../node-agent/src/containers/host-network.ts";
import { parseRange } from "../../../node-agent/src/domain/address-range.ts";
import { type LeasePorts, macAddressOf } from "../../../node-agent/src/domain/lease-ports.ts";
import { BLOCKED_RANGES, sandboxRules } from "../../../node-agent/src/domain/sandbox-rules.ts";
import { codeOf } from "../../support/code-of.ts";

const PLACE = {
  subnet: "172.18.0.5/16",
  gateway: "172.18.0.1",
  hostAddresses: ["172.18.0.1", "203.0.113.7"],
  resolvers: ["10.0.0.53"],
};
const NONE = { blocked: [], allowed: [] };

describe("parseRange", () => {
  it("reads addresses and ranges, and clears what is below the prefix", () => {
    const texts = ["10.1.2.3", "10.1.2.3/8", " 192.168.255.255/20 ", "255.255.255.255/1", "1.2.3.4/0"];
    const ranges = ["10.1.2.3/32", "10.0.0.0/8", "192.168.240.0/20", "128.0.0.0/1", "0.0.0.0/0"];
    expect(texts.map(parseRange)).to.deep.equal(ranges);
  });

  it("refuses anything else", () => {
    const texts = [
      "",
      "10.1.2",
      "10.1.2.256",
      "10.1.2.3/33",
      "10.1.2.3/",
      "fd00::1",
      "1.2.3.4; accept",
      "a.b.c.d",
    ];
    expect(texts.map(parseRange).filter((range) => range !== undefined)).to.deep.equal([]);
  });
});

describe("sandboxRules", () => {
  it("blocks the machine before it lets the lease through, and the owner's ranges after", () => {
    const lines = sandboxRules(PLACE, { blocked: ["198.41.0.0/24"], allowed: ["192.168.7.0/24"] }).split(
      "\n",
    );
    const at = (text: string): number => lines.findIndex((line) => line.includes(text));
    const order = ["@resolvers udp", "@host jump", "daddr 172.18.0.0/16", "@allowed accept", "@blocked jump"];
    const places = order.map(at);
    expect(places).to.deep.equal([...places].sort((left, right) => left - right));
    expect(places).to.not.include(-1);
    expect(lines[at("set blocked")]).to.include(BLOCKED_RANGES.join(", ")).and.include("198.41.0.0/24");
    expect(lines[at("set allowed")]).to.include("{ 192.168.7.0/24 }");
    expect(lines[at("set host")]).to.include("{ 172.18.0.1/32, 203.0.113.7/32 }");
  });

  it("drops what nothing lets through, coming in, going out and passing by", () => {
    expect(sandboxRules(PLACE, NONE).match(/policy drop;/g)).to.have.length(3);
  });

  it("replaces all rules in one step", () => {
    expect(sandboxRules(PLACE, NONE).split("\n").slice(0, 2)).to.deep.equal([
      "table inet fizz",
      "delete table inet fizz",
    ]);
  });

  it("makes no rules without a subnet", async () => {
    const made = Promise.resolve().then(() => sandboxRules({ ...PLACE, subnet: "/" }, NONE));
    expect(await codeOf(made)).to.equal("ENGINE_FAILED");
  });

  it("lets nothing but ranges into the text", () => {
    const hostAddresses = ["1.2.3.4 }; add rule inet fizz output accept", "5.6.7.8"];
    expect(sandboxRules({ ...PLACE, hostAddresses }, NONE)).to.include("{ 5.6.7.8/32 }");
  });
});
describe("sandboxRules, of a lease whose services are told apart", () => {
  const ports: LeasePorts = {
    service: 1,
    replica: 0,
    ports: [
      { protocol: "tcp", firstPort: 5432, lastPort: 5432, from: [0] },
      { protocol: "tcp", firstPort: 5433, lastPort: 5440, from: [0] },
      { protocol: "udp", firstPort: 9000, lastPort: 9000, from: [0, 2] },
      { protocol: "tcp", firstPort: 80, lastPort: 90, from: null },
      { protocol: "tcp", firstPort: 85, lastPort: 443, from: null },
    ],
  };

  it("let in the node, the service itself, and whom the manifest names where it names them", () => {
    const text = sandboxRules({ ...PLACE, ports }, NONE);
    const [input = ""] = /chain input [^]*?\n \}/.exec(text) ?? [];
    expect(input.split("\n").slice(3, -1)).to.deep.equal([
      "  ip saddr 172.18.0.1/32 accept",
      "  ip saddr 172.18.0.0/16 ether saddr & ff:ff:00:00:00:00 { 02:01:00:00:00:00 } accept",
      "  ip saddr 172.18.0.0/16 ether saddr & ff:ff:00:00:00:00 { 02:00:00:00:00:00 } tcp dport { 5432-5440 } accept",
      "  ip saddr 172.18.0.0/16 ether saddr & ff:ff:00:00:00:00 { 02:00:00:00:00:00, 02:02:00:00:00:00 } udp dport { 9000 } accept",
      "  ip saddr 172.18.0.0/16 tcp dport { 80-443 } accept",
      "  ip saddr 172.18.0.0/16 jump refuse",
    ]);
  });

  it("give each container an address of its own that says of which service it is", () => {
    const place = { service: 31, replica: 49 };
    expect(macAddressOf(place, "abcdef0123")).to.equal("02:1f:31:ab:cd:ef");
    expect(macAddressOf(place, "d1")).to.equal("02:1f:31:d1:00:00");
  });
});

describe("parseHostNetwork", () => {
  it("reads addresses, and name servers that are not on loopback", () => {
    const text = [
      "1: lo    inet 127.0.0.1/8 scope host lo",
      "2: eth0    inet 192.0.2.2/24 brd 192.0.2.255 scope global eth0",
      "2: eth0    inet6 fd00::2/64 scope global",
      "3: docker0    inet 172.17.0.1/16 scope global docker0",
      "nameserver 127.0.0.53",
      "nameserver 192.0.2.1",
      "nameserver fd00::1",
    ].join("\r\n");
    expect(parseHostNetwork(text)).to.deep.equal({
      addresses: ["127.0.0.1", "192.0.2.2", "172.17.0.1"],
      resolvers: ["192.0.2.1"],
    });
  });
});
