import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type Cleanup, type Stoppable, withCleanupOnFailure } from "../../../scripts/lib/cleanup.ts";
import { type Dockerd, findDockerd, startDockerd } from "../../../scripts/lib/docker/start-dockerd.ts";
import { ensureHelloImage, HELLO_IMAGE } from "../../../scripts/lib/hello-image.ts";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { preparedDaemonJson } from "../../../node-agent/src/domain/host-preparation.ts";
import { ip, prefixOf } from "./ip.ts";

const NS_PER_SECOND = 1_000_000_000;
const SWARM_PORT = 2377;

/** A machine of a swarm: a network namespace with an engine of its own. */
export interface SwarmMachine {
  readonly name: string;
  readonly address: string;
  readonly engine: Dockerd;
  /** Takes its cable out; what runs on it runs on. */
  cut(): Promise<void>;
  /** Puts it in again. */
  mend(): Promise<void>;
}

/** A swarm of machines in network namespaces; the first one manages it. This process reaches all of them. */
export interface SwarmLab extends Stoppable {
  readonly machines: readonly SwarmMachine[];
  /** This process, as the machines see it. */
  readonly self: string;
}

/** Why there can be none here, or undefined when there can. */
export function whyNoSwarmLab(): string | undefined {
  if (process.platform !== "linux" || process.getuid?.() !== 0)
    return "network namespaces need root on Linux";
  return findDockerd() === undefined ? "there is no dockerd to start" : undefined;
}

/**
 * Configuration of an engine that is prepared, but for the open files, which root of a container may not raise. The
 * machine's firewall is the tests' own matter.
 */
export const PREPARED_ENGINE = Object.fromEntries(
  Object.entries(JSON.parse(preparedDaemonJson(undefined, "lab")) as object).filter(
    ([name]) => name !== "default-ulimits",
  ),
) as Readonly<Record<string, unknown>>;

/**
 * Makes that many machines, the hello image on each, and one swarm of them.
 *
 * @param init How many of the last machines are not prepared; three times the heartbeat, a machine that is silent is down.
 */
export async function createSwarmLab(
  count: number,
  { unprepared = 0, heartbeatSeconds = 1 } = {},
): Promise<SwarmLab> {
  return await withCleanupOnFailure((cleanup) => build(cleanup, { count, unprepared, heartbeatSeconds }));
}

interface LabInit {
  readonly count: number;
  readonly unprepared: number;
  readonly heartbeatSeconds: number;
}

async function build(cleanup: Cleanup, { count, unprepared, heartbeatSeconds }: LabInit): Promise<SwarmLab> {
  const id = `fz${randomBytes(3).toString("hex")}`;
  const net = `198.${18 + ((randomBytes(1)[0] ?? 0) % 2)}.${randomBytes(1)[0] ?? 0}`;
  await addNamespace(cleanup, `${id}hub`);
  await ip(`-n ${id}hub link add br0 type bridge`);
  await ip(`-n ${id}hub link set br0 up`);
  await ip(`link add ${id}ho netns ${id}hub type veth peer name ${id}hi`);
  cleanup.defer(`link ${id}hi`, () => ip(`link del ${id}hi`));
  await ip(`-n ${id}hub link set ${id}ho master br0 up`);
  await ip(`addr add ${net}.254/24 dev ${id}hi`);
  await ip(`link set ${id}hi up`);
  const machines: SwarmMachine[] = [];
  for (let index = 0; index < count; index += 1)
    machines.push(
      await addMachine(cleanup, {
        ...{ id, index, address: `${net}.${index + 1}` },
        config: index < count - unprepared ? PREPARED_ENGINE : {},
      }),
    );
  await shareHelloImage(machines);
  await join(machines, heartbeatSeconds * NS_PER_SECOND);
  return { machines, self: `${net}.254`, stop: () => cleanup.stop() };
}

interface MachineInit {
  readonly id: string;
  readonly index: number;
  readonly address: string;
  /** Of its engine. */
  readonly config: Readonly<Record<string, unknown>>;
}

async function addMachine(
  cleanup: Cleanup,
  { id, index, address, config }: MachineInit,
): Promise<SwarmMachine> {
  const name = `${id}m${index}`;
  const [outer, inner] = [`${id}${index}o`, `${id}${index}i`];
  await addNamespace(cleanup, name);
  await ip(`link add ${outer} netns ${id}hub type veth peer name ${inner} netns ${name}`);
  await ip(`-n ${id}hub link set ${outer} master br0 up`);
  await ip(`-n ${name} addr add ${address}/24 dev ${inner}`);
  await ip(`-n ${name} link set ${inner} up`);
  await ip(`-n ${name} route add default via ${address.replace(/\d+$/, "254")}`);
  const place = { address, listenAddress: "0.0.0.0", prefix: prefixOf(name) };
  const engine = await startDockerd(findDockerd() ?? "", {
    ...{ dataDir: inRoot(".fizz/docker-swarm"), place, config },
  });
  cleanup.use(`engine of ${name}`, engine);
  // What a run that was killed has left.
  await engine.client.swarmLeave({ force: true }).catch(() => undefined);
  cleanup.defer(`swarm of ${name}`, () => engine.client.swarmLeave({ force: true }).catch(() => undefined));
  const link = (state: string): Promise<void> => ip(`-n ${id}hub link set ${outer} ${state}`);
  return { name, address, engine, cut: () => link("down"), mend: () => link("up") };
}

/** Machines know an image without a registry by its id: it must be the same on all of them. */
async function shareHelloImage([manager, ...others]: readonly SwarmMachine[]): Promise<void> {
  if (manager === undefined) return;
  const { client } = manager.engine;
  await ensureHelloImage(client);
  const { Id: id } = await client.getImage(HELLO_IMAGE).inspect();
  for (const { engine } of others) {
    const known = await engine.client
      .getImage(HELLO_IMAGE)
      .inspect()
      .catch(() => undefined);
    if (known?.Id === id) continue;
    const loading = await engine.client.loadImage(await client.getImage(HELLO_IMAGE).get());
    loading.resume();
    await once(loading, "end");
  }
}

async function join([manager, ...others]: readonly SwarmMachine[], heartbeatNs: number): Promise<void> {
  if (manager === undefined) return;
  const { engine, address } = manager;
  const listen = { ListenAddr: `0.0.0.0:${SWARM_PORT}`, AdvertiseAddr: address };
  await engine.client.swarmInit({ ...listen, Spec: { Dispatcher: { HeartbeatPeriod: heartbeatNs } } });
  for (const machine of others) await joinSwarm(manager, machine);
}

/** As a worker, also a machine that has left it. */
export async function joinSwarm(
  manager: Pick<SwarmMachine, "engine" | "address">,
  { engine, address }: Pick<SwarmMachine, "engine" | "address">,
): Promise<void> {
  const found = (await manager.engine.client.swarmInspect()) as { JoinTokens: { Worker: string } };
  await engine.client.swarmJoin({
    ListenAddr: `0.0.0.0:${SWARM_PORT}`,
    AdvertiseAddr: address,
    RemoteAddrs: [`${manager.address}:${SWARM_PORT}`],
    JoinToken: found.JoinTokens.Worker,
  });
}

async function addNamespace(cleanup: Cleanup, name: string): Promise<void> {
  await ip(`netns add ${name}`);
  cleanup.defer(`namespace ${name}`, () => ip(`netns del ${name}`));
  await ip(`-n ${name} link set lo up`);
}
