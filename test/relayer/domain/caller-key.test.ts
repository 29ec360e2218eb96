import { expect } from "chai";
import { callerKey } from "../../../relayer/src/domain/caller-key.ts";

describe("callerKey", () => {
  const rows = [
    ["192.0.2.7", "192.0.2.7"],
    ["::ffff:192.0.2.7", "192.0.2.7"],
    ["2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1:2::/64"],
    ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:0DB8:0001:0002::1", "2001:db8:1:2::/64"],
    ["2001:db8::1", "2001:db8:0:0::/64"],
    ["::1", "0:0:0:0::/64"],
    ["fe80::1%eth0", "fe80:0:0:0::/64"],
    ["", ""],
    [undefined, ""],
  ] as const;
  for (const [address, key] of rows)
    it(`counts ${address === "" ? "nothing" : (address ?? "who is gone")} as ${key || "nothing"}`, () => {
      expect(callerKey(address)).to.equal(key);
    });
});
