import { readdirSync, readFileSync } from "node:fs";
import { type Manifest, openPartOf, parseManifest, publicEndpointsOf } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { parseEther } from "viem";
import { inRoot } from "../../scripts/lib/paths.ts";
import { standInFor } from "../support/stand-in.ts";
import { until } from "../support/until.ts";
import {
  createWorld,
  sharedWorld,
  stopSharedWorld,
  type Tenant,
  untilGone,
  type World,
} from "../support/world.ts";

/** Examples that ask for hardware that a test machine does not have. */
const NEEDS: Readonly<Record<string, string>> = {
  "apple-silicon.yaml": "an Apple processor",
  "gpu-llm.yaml": "a GPU",
  "gpu-training.yaml": "GPUs",
  "provider-web.yaml": "GPUs",
};
/** For leases of up to a year. */
const FUNDS = parseEther("100");

const examples = readdirSync(inRoot("examples"))
  .filter((name) => name.endsWith(".yaml"))
  .map((name) => ({ name, text: readFileSync(inRoot(`examples/${name}`), "utf8") }));

after(stopSharedWorld);

describe("the examples", function () {
  this.timeout(240_000);

  for (const { name, text } of examples.filter((example) => example.name in NEEDS))
    it(`${name} is valid; to run it takes ${NEEDS[name] ?? ""}`, () => {
      expect(accepted(text).name).not.to.equal("");
    });

  describe("for Fizz nodes", () => {
    deployAll("fizz", sharedWorld);
  });

  describe("for providers", () => {
    let own: World | undefined;
    after(async () => {
      await own?.stop();
    });
    deployAll("provider", async (context) => {
      // Only to skip where there is no engine.
      await sharedWorld(context);
      own = await createWorld({ mode: "provider" });
      return own;
    });
  });
});

/** All examples of a mode at once, each by a tenant of its own, with stand-ins for their images. */
function deployAll(mode: Manifest["mode"], start: (context: Mocha.Context) => Promise<World>): void {
  const mine = examples
    .map(({ name, text }) => ({ name, text: standInFor(text) }))
    .filter(({ name, text }) => !(name in NEEDS) && accepted(text).mode === mode);
  const lives = new Map<string, Promise<void>>();
  before(async function () {
    const world = await start(this);
    for (const { name, text } of mine) {
      const life = live(world, await world.addTenant(FUNDS), text);
      life.catch(() => undefined);
      lives.set(name, life);
    }
  });
  after(async () => {
    await Promise.allSettled(lives.values());
  });

  for (const { name } of mine)
    it(`${name} runs: every replica, every public port`, async () => {
      expect(lives.has(name)).to.equal(true);
      await lives.get(name);
    });
}

/** Deploys a manifest, looks at everything that it asks for, closes it, and sees it gone. */
async function live(world: World, tenant: Tenant, text: string): Promise<void> {
  const manifest = accepted(text);
  const wanted = openPartOf(manifest);
  const { lid, state, replicas, endpoints } = await tenant.deploy(text);
  const { leaseHash } = await world.leaseOf(lid);
  const placesOf = async (code: string): Promise<string[]> =>
    (await tenant.events(lid)).flatMap((event) => (event.code === code ? [event.service ?? ""] : []));
  try {
    expect(state).to.equal("active");
    const names = wanted.services.flatMap((service) => Array<string>(service.count).fill(service.name));
    expect(replicas).to.deep.equal({ ready: names.length, total: names.length });
    const containers = (await world.containersOf(leaseHash)).map(({ service }) => service);
    expect(containers.sort()).to.deep.equal(names.sort());
    const asked = publicEndpointsOf(wanted).map(({ service, port }) => `${service}:${port}`);
    const given = endpoints.map(({ service, port }) => `${service}:${port}`);
    expect(given.sort()).to.deep.equal(asked.sort());
    expectOrder(manifest, await placesOf("container.started"), "started");
  } finally {
    await tenant.close(lid);
  }
  await untilGone(world, leaseHash);
  await until(async () => (await placesOf("lease.closed")).length > 0, "everything is told");
  expectOrder(manifest, (await placesOf("container.removed")).toReversed(), "removed, backwards");
  await until(async () => (await world.leaseOf(lid)).balance === 0n, "the rest is paid back");
}

/** Whatever a service depends on comes before it, with all replicas. @param places Services, as they came */
function expectOrder({ services }: Manifest, places: readonly string[], what: string): void {
  for (const { name, dependencies } of services)
    for (const dependency of dependencies)
      expect(places.lastIndexOf(dependency), `${dependency} before ${name}: ${what} ${places.join()}`)
        .to.be.greaterThan(-1)
        .and.to.be.lessThan(places.indexOf(name));
}

function accepted(text: string): Manifest {
  const parsed = parseManifest(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.manifest;
}
