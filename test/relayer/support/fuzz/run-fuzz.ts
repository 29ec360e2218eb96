import { connect } from "node:net";
import { mutateBytes, mutateJson } from "../../../support/fuzz/mutate.ts";
import { Random } from "../../../support/fuzz/random.ts";
import { tenthsOf } from "../../../support/fuzz/resident-tenths.ts";
import { ApiDocument } from "../api-document.ts";
import { testKey } from "../builders.ts";
import { deployChainWorld, NODE_KEY } from "../chain-world.ts";
import { type FuzzSamples, fuzzSamples } from "./fuzz-samples.ts";
import { startFuzzedGateway } from "./gateway-process.ts";
import { gatewayMessage, gatewayMessages } from "./gateway-messages.ts";
import { framesOf, HostilePeer } from "./hostile-node.ts";
import { httpInput, HttpTarget, samplesOf } from "./http-inputs.ts";

const WORKERS = 24;
const STRANGERS = 4;
const SAMPLES_OF_MEMORY = 200;
const MAX_FAULTS = 20;
/** Kinds of inputs, each as often as it stands here. */
const KINDS = [
  ...Array.from({ length: 12 }, () => "http" as const),
  ...Array.from({ length: 5 }, () => "stranger" as const),
  ...Array.from({ length: 3 }, () => "node" as const),
  "raw" as const,
  "socket" as const,
];

export interface FuzzReport {
  readonly seed: number;
  readonly inputs: number;
  readonly faults: string[];
  /** By kind. */
  readonly sent: Readonly<Record<string, number>>;
  /** Answers of each route, by status: `GET /v1/nodes 200`. */
  readonly answers: Readonly<Record<string, number>>;
  /** Mean resident memory of each tenth of the run, in MiB. */
  readonly residentMib: readonly number[];
}

export interface FuzzOptions {
  readonly seed: number;
  readonly inputs: number;
  /** Number of the first input: a run of one repeats what a longer one found. */
  readonly first?: number;
}

/** Sends inputs to a real gateway from outside, from strangers and from one of its nodes. */
export async function runFuzz({ seed, inputs, first = 0 }: FuzzOptions): Promise<FuzzReport> {
  const stops: (() => Promise<unknown>)[] = [];
  try {
    const world = await deployChainWorld();
    stops.push(() => world.anvil.stop());
    await world.registerNode();
    const samples = await fuzzSamples(world);
    const gateway = await startFuzzedGateway(world);
    stops.push(() => gateway.stop());
    const api = new ApiDocument(await (await fetch(`${gateway.apiUrl}/v1/openapi.json`)).json());
    const http = new HttpTarget(gateway.apiUrl, api);
    stops.push(() => {
      http.stop();
      return Promise.resolve();
    });
    const node = await HostilePeer.start(NODE_KEY, gateway.multiaddrs);
    stops.push(() => node.stop());
    await node.serve(samples, seed);
    const strangers: HostilePeer[] = [];
    for (let index = 0; index < STRANGERS; index += 1)
      strangers.push(await HostilePeer.start(testKey(0x60 + index), gateway.multiaddrs));
    stops.push(() => Promise.all(strangers.map((peer) => peer.stop())));
    const ports = [gateway.apiUrl, ...gateway.multiaddrs].map((text) =>
      Number(/(?:tcp\/|:)(\d+)/.exec(text)?.[1]),
    );
    const targets = { http, node, strangers, samples, ports };

    const faults = [...routesLeftOut(api, samples), ...(await protocolsLeftOut(node, samples))];
    const sent: Record<string, number> = {};
    const memory: number[] = [];
    const every = Math.max(1, Math.floor(inputs / SAMPLES_OF_MEMORY));
    let next = first;
    const work = async (): Promise<void> => {
      for (let index = next++; index < first + inputs && faults.length < MAX_FAULTS; index = next++) {
        if (!gateway.isAlive()) return;
        if ((index - first) % every === 0) memory.push(gateway.residentBytes());
        const random = new Random(seed, index);
        const kind = random.pick(KINDS);
        sent[kind] = (sent[kind] ?? 0) + 1;
        const fault = await sendOne(kind, targets, random).catch((error: unknown) => String(error));
        if (fault !== undefined) faults.push(`input ${index} of seed ${seed} (${kind}): ${fault}`);
      }
    };
    await Promise.all(Array.from({ length: WORKERS }, work));
    // Whatever was done to it, it serves.
    const health = await fetch(`${gateway.apiUrl}/v1/health`, { signal: AbortSignal.timeout(10_000) });
    if (health.status !== 200) faults.push(`/v1/health answers ${health.status}`);
    faults.push(...gateway.faults);
    return {
      ...{ seed, inputs, faults, sent, answers: http.answers },
      residentMib: tenthsOf(memory),
    };
  } finally {
    for (const stop of stops.reverse()) await stop().catch(() => undefined);
  }
}

/** What the gateway's own document names and no input is for. */
function routesLeftOut(api: ApiDocument, samples: FuzzSamples): string[] {
  const asked = new Set(samplesOf(samples).map(([method, path]) => `${method} ${api.pathOf(path) ?? ""}`));
  const left = api.operations().filter((name) => !asked.has(name));
  return left.map((name) => `no input is for ${name}`);
}

/** What the gateway tells a peer that it speaks and no input is for. */
async function protocolsLeftOut(peer: HostilePeer, samples: FuzzSamples): Promise<string[]> {
  const asked = new Set(gatewayMessages(samples).map(([protocol]) => protocol));
  const left = (await peer.protocolsOfGateway()).filter((protocol) => !asked.has(protocol));
  return left.map((protocol) => `no input is for ${protocol}`);
}

interface Targets {
  readonly http: HttpTarget;
  readonly node: HostilePeer;
  readonly strangers: readonly HostilePeer[];
  readonly samples: FuzzSamples;
  readonly ports: readonly number[];
}

async function sendOne(
  kind: (typeof KINDS)[number],
  { http, node, strangers, samples, ports }: Targets,
  random: Random,
): Promise<string | undefined> {
  switch (kind) {
    case "http":
      // A node that is away is asked for nothing.
      await node.beOnline(samples.hello);
      return await http.send(httpInput(samples, random));
    case "raw":
      return await http.sendRaw(rawRequest(samples, random));
    case "socket":
      await throwBytes(random.pick(ports), random.bytes(random.below(3_000)));
      return undefined;
    case "stranger":
      return await random.pick(strangers).send(...gatewayMessage(samples, random));
    case "node":
      if (random.chance(0.5)) {
        const wrong = mutateJson([random.pick([samples.update, samples.pulse])], random);
        return await node.say(samples.hello, framesOf(Array.isArray(wrong) ? wrong : [wrong], random));
      }
      await node.beOnline(samples.hello);
      return await node.send(...gatewayMessage(samples, random));
  }
}

function rawRequest(samples: FuzzSamples, random: Random): Buffer {
  const { method, url, headers, body } = httpInput(samples, random);
  const lines = Object.entries({ host: "gateway", ...headers }).map(([name, value]) => `${name}: ${value}`);
  const length = body === undefined ? [] : [`content-length: ${body.length}`];
  const head = [`${method} ${url} HTTP/1.1`, ...lines, ...length, "", ""].join("\r\n");
  return mutateBytes(Buffer.concat([Buffer.from(head), body ?? Buffer.alloc(0)]), random);
}

async function throwBytes(port: number, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    socket.resume().on("error", () => undefined);
    socket.once("close", () => {
      resolve();
    });
    socket.setTimeout(200, () => socket.destroy());
  });
}
