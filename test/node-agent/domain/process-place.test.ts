import { expect } from "chai";
import { placeOfProcess } from "../../../node-agent/src/domain/process-place.ts";

const ID = "28c5d003f2adbb374a5451b5e9a79e7f57e94ff1a7228af62e03f8a6d4159937";
const V1 = `9:name=systemd:/docker/${ID}\n8:pids:/docker/${ID}\n`;
const V2 = `0::/system.slice/docker-${ID}.scope\n`;
const stat = (name: string): string =>
  `22180 (${name}) S 1 7 7 0 -1 4194560 131 0 0 0 1 2 0 0 20 0 1 0 1509731 2359296 55`;
const status = (numbers: string): string => `Name:\tsh\nNSpid:\t${numbers}\nNSpgid:\t${numbers}\n`;

describe("placeOfProcess", () => {
  const files = { status: status("22180\t7"), cgroup: V1, stat: stat("sh"), containerId: ID };

  it("is the process as its container numbers it, with its start, under cgroup v1 and v2", () => {
    expect(placeOfProcess(files)).to.deep.equal({ pid: 7, startedAt: "1509731" });
    expect(placeOfProcess({ ...files, cgroup: V2 })).to.deep.equal({ pid: 7, startedAt: "1509731" });
  });

  it("is not misled by a name that looks like the fields behind it", () => {
    expect(placeOfProcess({ ...files, stat: stat("a) S 1 2 (b") })?.startedAt).to.equal("1509731");
  });

  it("is none of another container, of the machine itself, or of a container's own program", () => {
    expect(placeOfProcess({ ...files, containerId: "f".repeat(64) })).to.equal(undefined);
    expect(placeOfProcess({ ...files, cgroup: "0::/\n" })).to.equal(undefined);
    expect(placeOfProcess({ ...files, status: status("22180") })).to.equal(undefined);
    expect(placeOfProcess({ ...files, status: status("22180\t1") })).to.equal(undefined);
    expect(placeOfProcess({ ...files, stat: "" })).to.equal(undefined);
  });
});
