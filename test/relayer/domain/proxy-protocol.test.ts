import { isIP } from "node:net";
import { expect } from "chai";
import fc from "fast-check";
import { encodeProxyHeader, type SocketEnds } from "../../../relayer/src/domain/proxy-protocol.ts";
import { readProxyHeader } from "../../../relayer/src/domain/read-proxy-header.ts";

const SIGNATURE = "0d0a0d0a000d0a515549540a";
const IPV4 = ends(["192.0.2.7", 56_324], ["198.51.100.1", 443]);
const IPV6 = ends(["2001:db8::7", 56_324], ["2001:db8:1::1", 443]);

describe("the PROXY header", () => {
  it("of version 1 is a line of text", () => {
    expect(text("v1", IPV4)).to.equal("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n");
    expect(text("v1", IPV6)).to.equal("PROXY TCP6 2001:db8:0:0:0:0:0:7 2001:db8:1:0:0:0:0:1 56324 443\r\n");
  });

  it("of version 2 is these bytes", () => {
    expect(hex("v2", IPV4)).to.equal(`${SIGNATURE}2111000cc0000207c6336401dc0401bb`);
    expect(hex("v2", IPV6)).to.equal(
      `${SIGNATURE}21210024` +
        "20010db8000000000000000000000007" +
        "20010db8000100000000000000000001" +
        "dc0401bb",
    );
  });

  it("calls IPv4 IPv4, also when the socket writes it as IPv6, and mixes no families", () => {
    const mapped = ends(["::ffff:192.0.2.7", 56_324], ["::FFFF:198.51.100.1", 443]);
    expect(hex("v2", mapped)).to.equal(hex("v2", IPV4));
    const mixed = ends(["2001:db8::7", 56_324], ["198.51.100.1", 443]);
    expect(text("v1", mixed)).to.equal(
      "PROXY TCP6 2001:db8:0:0:0:0:0:7 0:0:0:0:0:ffff:c633:6401 56324 443\r\n",
    );
  });

  it("leaves the zone of a link-local address out", () => {
    const local = ends(["fe80::1%eth0", 1], ["fe80::2%eth0", 2]);
    expect(text("v1", local)).to.equal("PROXY TCP6 fe80:0:0:0:0:0:0:1 fe80:0:0:0:0:0:0:2 1 2\r\n");
  });

  it("is read back, whatever follows it, and is not complete before its last byte", () => {
    const port = fc.nat({ max: 65_535 });
    const input = fc.record({
      version: fc.constantFrom("v1" as const, "v2" as const),
      family: fc.constantFrom(fc.ipV4(), fc.ipV6()).chain((address) => fc.tuple(address, address)),
      ports: fc.tuple(port, port),
      rest: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(input, ({ version, family, ports, rest }) => {
        const [from, to] = family;
        const header = encodeProxyHeader(version, ends([from, ports[0]], [to, ports[1]]));
        const read = readProxyHeader(Uint8Array.from([...header, ...rest]), isIP);
        if (read.type !== "header" || read.ends === undefined) throw new Error(read.type);
        expect(read.length).to.equal(header.length);
        expect(encodeProxyHeader(version, read.ends)).to.deep.equal(header);
        for (let length = 0; length < header.length; length += 1)
          expect(readProxyHeader(header.subarray(0, length), isIP).type).to.equal("incomplete");
      }),
    );
  });

  it("of a proxy that speaks for itself names nobody", () => {
    for (const bytes of [
      Buffer.from("PROXY UNKNOWN\r\n"),
      Buffer.from("PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n"),
      Buffer.from(`${SIGNATURE}20000000`, "hex"),
      Buffer.from(`${SIGNATURE}21000003aabbcc`, "hex"),
    ])
      expect(readProxyHeader(bytes, isIP)).to.deep.equal({
        type: "header",
        length: bytes.length,
        ends: undefined,
      });
  });

  it("may carry more than addresses in version 2, up to a limit", () => {
    const more = Buffer.from(`${SIGNATURE}21110010c0000207c6336401dc0401bb04000142`, "hex");
    expect(readProxyHeader(more, isIP)).to.deep.include({ type: "header", length: 32, ends: IPV4 });
    const large = Buffer.from(`${SIGNATURE}2111ffff`, "hex");
    expect(readProxyHeader(large, isIP).type).to.equal("invalid");
  });

  for (const wrong of [
    "GET / HTTP/1.1\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 56324 70000\r\n",
    "PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n",
    "PROXY TCP4 2001:db8::7 2001:db8::1 1 2\r\n",
    "PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n",
    "PROXY TCP4 192.0.2.7  198.51.100.1 1 2\r\n",
    "PROXY UDP4 192.0.2.7 198.51.100.1 1 2\r\n",
    "PROXY TCP4 999.0.2.7 198.51.100.1 1 2\r\n",
    `PROXY UNKNOWN ${"x".repeat(120)}`,
    "proxy TCP4 192.0.2.7 198.51.100.1 1 2\r\n",
  ])
    it(`does not read ${JSON.stringify(wrong.slice(0, 50))}`, () => {
      expect(readProxyHeader(Buffer.from(wrong), isIP).type).to.equal("invalid");
    });

  for (const [what, bytes] of [
    ["another version", `${SIGNATURE}1111000cc0000207c6336401dc0401bb`],
    ["another command", `${SIGNATURE}2211000cc0000207c6336401dc0401bb`],
    ["datagrams", `${SIGNATURE}2112000cc0000207c6336401dc0401bb`],
    ["too few addresses", `${SIGNATURE}21110008c0000207c6336401`],
    ["an unknown family", `${SIGNATURE}2141000cc0000207c6336401dc0401bb`],
  ] as const)
    it(`does not read ${what}`, () => {
      expect(readProxyHeader(Buffer.from(bytes, "hex"), isIP).type).to.equal("invalid");
    });

  function text(version: "v1" | "v2", of: SocketEnds): string {
    return Buffer.from(encodeProxyHeader(version, of)).toString("latin1");
  }

  function hex(version: "v1" | "v2", of: SocketEnds): string {
    return Buffer.from(encodeProxyHeader(version, of)).toString("hex");
  }
});

type End = readonly [address: string, port: number];

function ends(source: End, destination: End): SocketEnds {
  const endOf = ([address, port]: End): SocketEnds["source"] => ({ address, port });
  return { source: endOf(source), destination: endOf(destination) };
}
