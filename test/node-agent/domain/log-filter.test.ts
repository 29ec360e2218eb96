import { expect } from "chai";
import { engineTime, isWantedOrigin, isWantedText } from "../../../node-agent/src/domain/log-filter.ts";

const ALL = { follow: false, tail: null, startup: false };

describe("a filter of logs", () => {
  it("knows a container by service and replica; what is of none belongs to all", () => {
    const web1 = { service: "web", replica: 1 };
    for (const query of [{}, { service: "web" }, { replica: 1 }, { service: "web", replica: 1 }])
      expect(isWantedOrigin(web1, { ...ALL, ...query })).to.equal(true);
    for (const query of [{ service: "db" }, { replica: 0 }, { service: "web", replica: 0 }])
      expect(isWantedOrigin(web1, { ...ALL, ...query })).to.equal(false);
    expect(isWantedOrigin({}, { ...ALL, service: "web", replica: 3 })).to.equal(true);
  });

  it("finds plain text in whatever case, and takes no pattern for one", () => {
    expect(isWantedText("GET /a.b 500", { search: "get /A" })).to.equal(true);
    expect(isWantedText("GET /axb 500", { search: "a.b" })).to.equal(false);
    expect(isWantedText("x", {})).to.equal(true);
  });

  it("writes times with nine digits", () => {
    expect(engineTime(1_700_000_000_007)).to.equal("1700000000.007000000");
    expect(engineTime(0)).to.equal("0.000000000");
  });
});
