import { expect } from "chai";
import { isPublicHost, isSameFamily } from "@fizz/protocol/direct";

describe("isPublicHost", () => {
  const open = [
    "8.8.8.8",
    "100.63.255.255",
    "100.128.0.0",
    "172.15.0.1",
    "172.32.0.1",
    "198.17.0.1",
    "223.1.1.1",
  ];
  for (const host of [...open, "2a00:1450:4001::1", "2001:4860:4860::8888", "2606:4700::1111"])
    it(`takes ${host}`, () => {
      expect(isPublicHost(host)).to.equal(true);
    });

  const closed = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.9.9",
  ];
  const reserved = ["192.0.2.1", "192.168.1.1", "198.18.0.1", "198.19.9.9", "224.0.0.1", "255.255.255.255"];
  const ipv6 = [
    "::1",
    "::",
    "fe80::1",
    "fd00::1",
    "ff02::1",
    "2001:db8::1",
    "2001::1",
    "2002:a00:1::",
    "3fff::1",
  ];
  const mapped = ["::ffff:8.8.8.8", "::ffff:10.0.0.1", "64:ff9b::a00:1"];
  const odd = [
    "",
    "localhost",
    "example.org",
    "8.8.8",
    "8.8.8.256",
    "0x8.8.8.8",
    "1",
    "::g",
    "[::1]",
    "2a00::1%eth0",
  ];
  for (const host of [...closed, ...reserved, ...ipv6, ...mapped, ...odd])
    it(`refuses "${host}"`, () => {
      expect(isPublicHost(host)).to.equal(false);
    });
});

describe("isSameFamily", () => {
  it("tells IPv4 from IPv6", () => {
    expect(isSameFamily("8.8.8.8", "9.9.9.9")).to.equal(true);
    expect(isSameFamily("2a00::1", "2a00::2")).to.equal(true);
    expect(isSameFamily("8.8.8.8", "2a00::2")).to.equal(false);
  });
});
