import { expect } from "chai";
import {
  engineUnit,
  hostRules,
  isPrepared,
  preparationText,
  preparedDaemonJson,
} from "../../../node-agent/src/domain/host-preparation.ts";
import { codeOf } from "../../support/code-of.ts";

const MARK = "0123456789abcdef";

describe("preparedDaemonJson", () => {
  it("sets what a swarm's machine needs, and leaves everything else", () => {
    const before = { "live-restore": true, "seccomp-profile": "unconfined", "data-root": "/srv/docker" };
    const after = parsed(preparedDaemonJson(JSON.stringify(before), MARK));
    expect(after).to.include({
      "no-new-privileges": true,
      "live-restore": false,
      "data-root": "/srv/docker",
    });
    expect(after).to.not.have.property("seccomp-profile");
    expect(preparedDaemonJson(JSON.stringify(after), MARK)).to.equal(
      preparedDaemonJson(JSON.stringify(before), MARK),
    );
    expect(parsed(preparedDaemonJson(undefined, MARK))).to.include({ "no-new-privileges": true });
  });

  it("has the engine say that it is prepared, and for what, once and beside the owner's own labels", () => {
    const once = preparedDaemonJson('{"labels":["disk=fast"]}', "old");
    const { labels } = parsed(preparedDaemonJson(once, MARK));
    expect(labels).to.deep.equal(["disk=fast", "fizz.prepared=1", `fizz.prepared.for=${MARK}`]);
    expect(isPrepared({ disk: "fast", "fizz.prepared": "1" })).to.equal(true);
    for (const other of [{}, { "fizz.prepared": "0" }, { "fizz.prepared.for": MARK }])
      expect(isPrepared(other)).to.equal(false);
  });

  it("writes over nothing that it cannot read", async () => {
    for (const text of ["{", "[]", "1", "", '{"labels":"a=b"}'])
      expect(await codeOf(Promise.resolve().then(() => preparedDaemonJson(text, MARK)))).to.equal(
        "CONFIG_INVALID",
      );
  });
});

describe("engineUnit", () => {
  it("loads the rules before the engine starts, and before it reads a new label", () => {
    const lines = engineUnit("/etc/fizz/swarm.nft").split("\n");
    const [load] = lines.filter((line) => line.startsWith("ExecStartPre="));
    expect(load).to.equal("ExecStartPre=/usr/sbin/nft -f /etc/fizz/swarm.nft");
    expect(lines.filter((line) => line.startsWith("ExecReload="))).to.deep.equal([
      "ExecReload=",
      "ExecReload=/usr/sbin/nft -f /etc/fizz/swarm.nft",
      "ExecReload=/bin/kill -s HUP $MAINPID",
    ]);
  });
});

describe("preparationText", () => {
  const places = { agent: "10.0.0.1", machines: ["10.0.0.1", "10.0.0.2"] };
  const policy = { blocked: ["203.0.114.0/24"], allowed: ["10.0.0.0/24"] };

  it("is one for the same rules, in whichever order they are told", () => {
    const turned = { ...places, machines: ["10.0.0.2", "10.0.0.1", "10.0.0.2"] };
    expect(preparationText(turned, policy)).to.equal(preparationText(places, policy));
  });

  it("is another one for other machines, another agent or other ranges", () => {
    const texts = [
      preparationText(places, policy),
      preparationText({ ...places, agent: "10.0.0.2" }, policy),
      preparationText({ ...places, machines: [...places.machines, "10.0.0.3"] }, policy),
      preparationText(places, { ...policy, blocked: [] }),
      preparationText(places, { ...policy, allowed: [] }),
    ];
    expect(new Set(texts).size).to.equal(texts.length);
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

function parsed(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}
