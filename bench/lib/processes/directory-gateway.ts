/**
 * A gateway's directory over HTTP, with nodes that are not there but pulse once a minute. It tells where it listens,
 * then answers a word a line: `change` once one node has changed, `figures` with its processor time and its cursor.
 */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { packResources } from "@fizz/protocol/manifest";
import { PULSE_MS } from "@fizz/protocol/messages";
import { offer } from "../../../test/relayer/support/builders.ts";
import { directoryWorld, serveDirectory } from "../../../test/relayer/support/directory-world.ts";

const nodes = Number(process.argv[2]);
const PULSES_EVERY_MS = 20;
const CALM_MS = 1_000;
/** Spreads the figures of the nodes, the same in each run. */
const STEP = 7_919;
const { prices } = offer();

const world = directoryWorld({ maxNodes: nodes });
world.feed.start();
for (let id = 1; id <= nodes; id += 1) {
  const any = (id * STEP) % 1_000;
  const free = { milliCpu: 8 * any, memoryMiB: 16 * any, storageGiB: 100, gpuUnits: 0, gpuModel: 0 };
  await world.join(BigInt(id), {
    facts: { region: `region-${id % 10}` },
    offer: { free: packResources(free), prices: { ...prices, cpuPerHour: 10n ** 14n + BigInt(any) } },
  });
}
for (let id = 1; id <= nodes; id += 1) world.nodes.seen(BigInt(id), id % 10);
// All of that is told in its turn, to nobody: what is measured comes after it.
for (let before = -1; before !== world.feed.position;) {
  before = world.feed.position;
  await sleep(CALM_MS);
}
const { url } = await serveDirectory(world, { maxReadersEach: 1_000 });
tell({ url });

let pulsing = 0;
setInterval(() => {
  world.now += PULSES_EVERY_MS;
  for (let n = 0; n < (nodes * PULSES_EVERY_MS) / PULSE_MS; n += 1) {
    pulsing = (pulsing % nodes) + 1;
    world.nodes.seen(BigInt(pulsing), pulsing % 10);
  }
}, PULSES_EVERY_MS);

let changes = 0;
for await (const word of createInterface({ input: process.stdin })) {
  if (word === "change") {
    changes += 1;
    world.nodes.update(BigInt(changes), { offer: offer({ leases: 1, prices }), latencyMs: null });
    tell({ changes });
  } else {
    const { user, system } = process.cpuUsage();
    tell({ cpuMs: (user + system) / 1_000, cursor: world.feed.cursorOf(world.feed.position) });
  }
}
process.exit(0);

function tell(facts: object): void {
  process.stdout.write(`${JSON.stringify(facts)}\n`);
}
