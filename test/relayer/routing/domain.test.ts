import { expect } from "chai";
import fc from "fast-check";
import { hostOf, isWithin, labelOf } from "../../../relayer/src/routing/domain/host-names.ts";
import { holdersOf } from "../../../relayer/src/routing/domain/host-claims.ts";
import { forwardedHeaders } from "../../../relayer/src/routing/domain/forwarded-headers.ts";
import { chooseReplica } from "../../../relayer/src/routing/domain/choose-replica.ts";
import { mayTryNext, requestRules, type Try } from "../../../relayer/src/routing/domain/next-case.ts";
import { afterFailure, afterProbe, HEALTHY } from "../../../relayer/src/routing/domain/replica-health.ts";
import { requestTarget } from "../../../relayer/src/routing/domain/request-target.ts";
import { hash } from "../support/builders.ts";
import { OPTIONS } from "../support/routed-world.ts";

describe("host names", () => {
  it("of services are labels of the DNS, whatever the service is called, and differ by lease, service and port", () => {
    const name = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
    const labels = new Set<string>();
    fc.assert(
      fc.property(name, (service) => {
        const label = labelOf(hash(1), service, 80);
        labels.add(label);
        return /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(label) && !label.startsWith("--", 2);
      }),
    );
    const long = "a".repeat(62);
    const all = [
      labelOf(hash(1), `${long}b`, 80),
      labelOf(hash(1), `${long}c`, 80),
      labelOf(hash(1), `${long}b`, 81),
      labelOf(hash(2), `${long}b`, 80),
    ];
    expect(new Set(all).size).to.equal(4);
    expect(labelOf(hash(1), "web", 80)).to.equal(labelOf(hash(1), "web", 80));
  });

  it("are compared without port, case and final dot", () => {
    for (const text of ["a.test", "A.Test", "a.test:80", "a.test.", "a.test.:443"])
      expect(hostOf(text)).to.equal("a.test");
    expect(hostOf("[::1]:80")).to.equal("[::1]");
    expect(hostOf("")).to.equal("");
  });

  it("of the gateway are its domain, what is below it, and wildcards that cover it", () => {
    for (const name of ["gw.test", "x.gw.test", "*.gw.test", "*.test"])
      expect(isWithin(name, "gw.test"), name).to.equal(true);
    for (const name of ["test", "agw.test", "*.x.test"])
      expect(isWithin(name, "gw.test"), name).to.equal(false);
  });

  it("belong to the first claim, and a wildcard covers one label of its own lease's and later ones", () => {
    const claim = (name: string, since: number, lease: number) => ({ name, since, leaseHash: hash(lease) });
    const holders = holdersOf([
      claim("a.x.test", 4, 2),
      claim("*.x.test", 3, 1),
      claim("b.x.test", 1, 2),
      claim("b.x.test", 2, 3),
      claim("c.x.test", 5, 1),
      claim("d.c.x.test", 6, 2),
    ]);
    expect([...holders].map(([name, { leaseHash }]) => [name, leaseHash])).to.deep.equal([
      ["b.x.test", hash(2)],
      ["*.x.test", hash(1)],
      ["c.x.test", hash(1)],
      ["d.c.x.test", hash(2)],
    ]);
  });
});

describe("a request's target", () => {
  it("is read in each form that a server gets", () => {
    expect(requestTarget("/a?b", "h")).to.deep.equal({ authority: "h", path: "/a?b" });
    expect(requestTarget("*", "h")).to.deep.equal({ authority: "h", path: "*" });
    expect(requestTarget("http://x.test:8080/a?b", "h")).to.deep.equal({
      authority: "x.test:8080",
      path: "/a?b",
    });
    expect(requestTarget("HTTP://x.test", undefined)).to.deep.equal({ authority: "x.test", path: "/" });
    expect(requestTarget("http://x.test?q", "h")).to.deep.equal({ authority: "x.test", path: "/?q" });
    for (const bad of ["", "a", "ftp://x/", "http://", "http://user@x.test/"])
      expect(requestTarget(bad, "h"), bad).to.equal(undefined);
    expect(requestTarget("/", undefined)).to.equal(undefined);
  });
});

describe("forwarded headers", () => {
  it("write addresses of both families as RFC 7239 does", () => {
    const line = (address: string): string | undefined =>
      forwardedHeaders({ address, secure: true, port: 443 }, "h.test").at(-1);
    expect(line("::ffff:10.0.0.1")).to.equal('for=10.0.0.1;host="h.test";proto=https');
    expect(line("2001:db8::1")).to.equal('for="[2001:db8::1]";host="h.test";proto=https');
  });
});

describe("the choice of a replica", () => {
  const replica = (inFlight: number, outUntil = 0) => ({ inFlight, outUntil });

  it("is the one with the least to do among the healthy; equals take turns", () => {
    const all = [replica(2), replica(1), replica(0, 99), replica(1)];
    expect(chooseReplica(all, 0, undefined)).to.equal(all[1]);
    expect(chooseReplica(all, 2, undefined)).to.equal(all[3]);
    expect(chooseReplica(all, 0, new Set([all[1], all[3]].flatMap((one) => one ?? [])))).to.equal(all[0]);
  });

  it("is the one that comes back first when none is healthy, and none when all were tried", () => {
    const all = [replica(0, 9), replica(5, 3)];
    expect(chooseReplica(all, 0, undefined)).to.equal(all[1]);
    expect(chooseReplica(all, 0, new Set(all))).to.equal(undefined);
    expect(chooseReplica(all.slice(2), 0, undefined)).to.equal(undefined);
  });
});

describe("the health of a replica", () => {
  it("is lost after three failures in a row, for a second, then twice as long, up to five seconds", () => {
    let health = HEALTHY;
    const out: number[] = [];
    for (let count = 0; count < 9; count += 1) {
      health = afterFailure(health, 1_000);
      out.push(health.outUntil);
    }
    expect(out).to.deep.equal([0, 0, 2_000, 3_000, 5_000, 6_000, 6_000, 6_000, 6_000]);
    const back = afterProbe(health);
    expect(back.outUntil).to.equal(0);
    expect(afterFailure(back, 1_000).outUntil).to.equal(6_000);
  });
});

describe("another try", () => {
  const attempt = (changes: Partial<Try>): Try => ({
    method: "GET",
    failure: "error",
    tries: 1,
    elapsedMs: 0,
    wasSent: true,
    bodyBegun: false,
    ...changes,
  });
  const rules = requestRules({ ...OPTIONS, nextTimeoutMs: 100, nextCases: ["error", "502"] });

  it("is for what does no harm when it is done twice", () => {
    for (const method of ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"])
      expect(mayTryNext(rules, attempt({ method })), method).to.equal(true);
    for (const method of ["POST", "PATCH", "CONNECT", "LOCK"]) {
      expect(mayTryNext(rules, attempt({ method })), method).to.equal(false);
      expect(mayTryNext(rules, attempt({ method, wasSent: false })), method).to.equal(true);
    }
  });

  it("is not when the body is gone, the tries or the time are used up, or the case is not one of the options", () => {
    for (const changes of [
      { bodyBegun: true },
      { tries: 3 },
      { elapsedMs: 100 },
      { failure: "timeout" as const },
      { failure: 503 },
    ])
      expect(mayTryNext(rules, attempt(changes)), JSON.stringify(changes)).to.equal(false);
    expect(mayTryNext(rules, attempt({ failure: 502 }))).to.equal(true);
    const off = requestRules({ ...OPTIONS, nextCases: ["off"] });
    expect(mayTryNext(off, attempt({ wasSent: false }))).to.equal(false);
  });

  it("knows what 0 stands for", () => {
    const zero = requestRules({
      maxBodySize: 0,
      readTimeoutMs: 0,
      sendTimeoutMs: 0,
      nextTries: 0,
      nextTimeoutMs: 0,
      nextCases: [],
    });
    expect(zero).to.include({
      maxBodyBytes: 104_857_600,
      readTimeoutMs: 60_000,
      sendTimeoutMs: 60_000,
      maxTries: Infinity,
      maxTryTimeMs: Infinity,
    });
  });
});
