import { expect } from "chai";
import {
  hostRules,
  isPreparedDaemonJson,
  preparedDaemonJson,
} from "../../../node-agent/src/domain/host-preparation.ts";
import { codeOf } from "../../support/code-of.ts";

describe("preparedDaemonJson", () => {
  it("sets what a swarm's machine needs, and leaves everything else", () => {
    const before = { "live-restore": true, "seccomp-profile": "unconfined", "data-root": "/srv/docker" };
    const after = JSON.parse(preparedDaemonJson(JSON.stringify(before))) as Record<string, unknown>;
    expect(after).to.include({
      "no-new-privileges": true,
      "live-restore": false,
      "data-root": "/srv/docker",
    });
    expect(after).to.not.have.property("seccomp-profile");
    expect(preparedDaemonJson(JSON.stringify(after))).to.equal(preparedDaemonJson(JSON.stringify(before)));
    expect(JSON.parse(preparedDaemonJson(undefined))).to.include({ "no-new-privileges": true });
  });

  it("knows its own work, and nothing less", () => {
    const text = preparedDaemonJson('{"data-root":"/srv/docker"}');
    expect(isPreparedDaemonJson(text)).to.equal(true);
    for (const other of [
      undefined,
      "{",
      text.replace('"no-new-privileges": true', '"no-new-privileges": false'),
    ])
      expect(isPreparedDaemonJson(other)).to.equal(false);
  });

  it("writes over nothing that it cannot read", async () => {
    for (const text of ["{", "[]", "1", ""])
      expect(await codeOf(Promise.resolve().then(() => preparedDaemonJson(text)))).to.equal("CONFIG_INVALID");
  });
});

describe("hostRules", () => {
  it("blocks the machines themselves, also where the owner allows their range", () => {
    const places = { agent: "10.0.0.1", machines: ["10.0.0.1", "10.0.0.2"], resolvers: ["10.0.0.53"] };
    const rules = hostRules(places, { blocked: ["203.0.114.0/24"], allowed: ["10.0.0.0/24"] });
    expect(rules).to.match(/set blocked .*203\.0\.114\.0\/24, 10\.0\.0\.1, 10\.0\.0\.2/);
    expect(rules).to.include("ip daddr @allowed ip daddr != @machines accept");
    expect(rules).to.include('oifname "docker_gwbridge" ip saddr != 10.0.0.1 drop');
  });
});
