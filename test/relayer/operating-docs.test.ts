import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { CONFIG_OPTIONS } from "../../relayer/src/config-options.ts";
import { PromMeter } from "../../relayer/src/observability/prom-meter.ts";

const root = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const OPERATING = readFileSync(root("docs/OPERATING.md"), "utf8");

describe("docs/OPERATING.md", () => {
  it("tells every log event of the gateway", () => {
    const sources = readdirSync(root("relayer/src"), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => readFileSync(join(root("relayer/src"), path), "utf8"))
      .join("\n");
    const events = new Set([...sources.matchAll(/event: "([a-z_]+\.[a-z_.]+)"/g)].map(([, name]) => name));
    expect(events.size).to.be.above(20);
    expect([...events].filter((event) => !OPERATING.includes(`\`${event ?? ""}\``))).to.deep.equal([]);
  });

  it("tells every metric of the gateway", async () => {
    const meter = new PromMeter();
    meter.watch({
      doors: () => ({ leases: 0, doors: 0, connections: 0 }),
      nodesOnline: () => 0,
      chain: () => ({ reachable: true, head: "1", lastSeenAt: 0 }),
      isDraining: () => false,
    });
    meter.watchRouted({ outcomes: {}, guards: {} });
    meter.watchRelayed(() => undefined);
    meter.watchHistory(() => ({
      ...{ block: "1", head: "1", lag: 0, events: 0, indexing: true, reorganisations: 0 },
    }));
    meter.watchCertificates(() => ({ shown: 0, leftOut: 0, soonestEnd: 0 }));
    const { body } = await meter.text();
    const names = [...body.matchAll(/^# TYPE fizz_gateway_(\w+)/gm)].map(([, name]) => name ?? "");
    expect(names.length).to.be.above(10);
    const missing = names.filter((name) => !new RegExp(`\`${name}(\\{[a-z,]+\\})?\``).test(OPERATING));
    expect(missing).to.deep.equal([]);
  });

  it("names no setting that there is not", () => {
    const keys = new Set(CONFIG_OPTIONS.map(({ key }) => key));
    const named = [...OPERATING.matchAll(/`(\w+)`\s*\|\s*(?:none|\d|`operator)/g)].map(
      ([, name]) => name ?? "",
    );
    expect(named.length).to.be.above(3);
    expect(named.filter((name) => !keys.has(name))).to.deep.equal([]);
  });
});
