import { openPartOf, parseManifest, publicEndpointsOf } from "@fizz/protocol/manifest";
import { expect } from "chai";
import { readdirSync, readFileSync } from "node:fs";
import { inRoot } from "../../scripts/lib/paths.ts";
import { standInFor } from "../support/stand-in.ts";
import { until } from "../support/until.ts";
import { sharedWorld, stopSharedWorld, untilGone, type World } from "../support/world.ts";

/** Examples that ask for what the local network's node, or its gateway, does not have. */
const NEEDS: Readonly<Record<string, string>> = {
  "apple-silicon.yaml": "an Apple processor",
  "gpu-llm.yaml": "a GPU",
  "gpu-training.yaml": "GPUs",
  "multi-service.yaml": "a provider",
  "postgres.yaml": "a provider",
  "private-image.yaml": "a provider",
  "provider-web.yaml": "a provider with GPUs",
  "websocket-chat.yaml": "a provider",
};

const examples = readdirSync(inRoot("examples")).filter((name) => name.endsWith(".yaml"));

after(stopSharedWorld);

describe("the examples", function () {
  this.timeout(180_000);
  let world: World;
  before(async function () {
    world = await sharedWorld(this);
  });

  for (const name of examples) {
    const text = readFileSync(inRoot(`examples/${name}`), "utf8");
    const needs = NEEDS[name];
    if (needs === undefined)
      it(`${name} runs: every replica, every public port`, async () => {
        const manifest = standInFor(text);
        const wanted = openPartOf(accepted(manifest));
        const deployment = await world.tenant.deploy(manifest);
        const { leaseHash } = await world.leaseOf(deployment.lid);
        try {
          expect(deployment.state).to.equal("active");
          const replicas = wanted.services.flatMap((service) =>
            Array<string>(service.count).fill(service.name),
          );
          expect(deployment.replicas).to.deep.equal({ ready: replicas.length, total: replicas.length });
          const running = (await world.containersOf(leaseHash)).map(({ service }) => service);
          expect(running.sort()).to.deep.equal(replicas.sort());
          const asked = publicEndpointsOf(wanted).map(({ service, port }) => `${service}:${port}`);
          const given = deployment.endpoints.map(({ service, port }) => `${service}:${port}`);
          expect(given.sort()).to.deep.equal(asked.sort());
        } finally {
          await world.tenant.close(deployment.lid);
        }
        await untilGone(world, leaseHash);
        await until(
          async () => (await world.leaseOf(deployment.lid)).balance === 0n,
          "the rest is paid back",
        );
      });
    else
      it(`${name} is valid; to run it takes ${needs}`, async () => {
        const { status, stderr } = await world.tenant.cli.run([
          "manifest",
          "validate",
          inRoot(`examples/${name}`),
        ]);
        expect(status, stderr).to.equal(0);
      });
  }
});

function accepted(text: string): Extract<ReturnType<typeof parseManifest>, { ok: true }>["manifest"] {
  const parsed = parseManifest(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues));
  return parsed.manifest;
}
