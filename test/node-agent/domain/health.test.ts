import { expect } from "chai";
import {
  afterCheck,
  type HealthRecord,
  healthTargetOf,
  nextCheckMs,
  UNCHECKED,
} from "../../../node-agent/src/domain/health.ts";

const RULES = { retries: 3, startPeriodMs: 60_000, intervalMs: 10_000 };
const HEALTH = {
  port: null,
  path: null,
  intervalSeconds: 10,
  timeoutSeconds: 5,
  retries: 3,
  startPeriodSeconds: 60,
};
const run = (first: number, last = first, changes: object = {}) => ({
  ...{ firstPort: first, lastPort: last, wishedPort: first, protocol: "tcp" as const },
  ...{ usePublicPort: false, global: true, services: [], ip: null, accept: [], http: null },
  ...changes,
});

describe("afterCheck", () => {
  const failing = (record: HealthRecord, times: number, upForMs: number): HealthRecord =>
    Array.from({ length: times }).reduce<HealthRecord>(
      (now) => afterCheck(now, { succeeded: false, upForMs }, RULES),
      record,
    );
  const healthy = afterCheck(UNCHECKED, { succeeded: true, upForMs: 500 }, RULES);

  it("counts no failure of a container that still starts, and every one after that time", () => {
    expect(failing(UNCHECKED, 50, 59_999)).to.deep.equal(UNCHECKED);
    expect(failing(UNCHECKED, 2, 60_000).state).to.equal("starting");
    expect(failing(UNCHECKED, 3, 60_000).state).to.equal("unhealthy");
  });

  it("counts failures of one that has been healthy from the first on, whatever its age", () => {
    expect(failing(healthy, 2, 1_000).state).to.equal("healthy");
    expect(failing(healthy, 3, 1_000).state).to.equal("unhealthy");
  });

  it("forgets failures with one success", () => {
    const after = afterCheck(failing(healthy, 2, 1_000), { succeeded: true, upForMs: 2_000 }, RULES);
    expect(failing(after, 2, 3_000).state).to.equal("healthy");
    const back = afterCheck(failing(healthy, 5, 1_000), { succeeded: true, upForMs: 2_000 }, RULES);
    expect(back).to.deep.equal({ state: "healthy", failures: 0 });
  });
});

describe("nextCheckMs", () => {
  it("looks often at a container that starts, and as asked at any other", () => {
    expect(nextCheckMs(UNCHECKED, 0, RULES)).to.equal(1_000);
    expect(nextCheckMs(UNCHECKED, 60_000, RULES)).to.equal(10_000);
    expect(nextCheckMs({ state: "healthy", failures: 0 }, 0, RULES)).to.equal(10_000);
  });
});

describe("healthTargetOf", () => {
  it("asks every TCP port that the service exposes, up to a limit, where the manifest names none", () => {
    const expose = [run(8080), run(53, 53, { protocol: "udp" }), run(9000, 9002), run(8080)];
    const target = healthTargetOf(HEALTH, { service: "web", replica: 0, expose, endpoints: [] });
    expect(target.ports).to.deep.equal([8080, 9000, 9001, 9002]);
    expect(target).to.include({ intervalMs: 10_000, timeoutMs: 5_000, retries: 3, startPeriodMs: 60_000 });
    const many = healthTargetOf(HEALTH, {
      service: "web",
      replica: 0,
      expose: [run(1, 65_535)],
      endpoints: [],
    });
    expect(many.ports).to.have.length(16);
  });

  it("asks the public number of a replica that listens on it, and the named port of any other", () => {
    const expose = [run(7000, 7000, { usePublicPort: true })];
    const door = { service: "web", port: 7000, protocol: "tcp" as const, host: "gw", url: "" };
    const endpoints = [
      { ...door, replica: 0, publicPort: 31_000 },
      { ...door, replica: 1, publicPort: 31_001 },
    ];
    const place = { service: "web", replica: 1, expose, endpoints };
    expect(healthTargetOf(HEALTH, place).ports).to.deep.equal([31_001]);
    expect(healthTargetOf({ ...HEALTH, port: 9090, path: "/healthz" }, place)).to.deep.include({
      ports: [9090],
      path: "/healthz",
    });
  });
});
