import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { type Stoppable, withCleanupOnFailure } from "../../../scripts/lib/cleanup.ts";
import { ip, prefixOf } from "../netns/ip.ts";

/** A network beside this machine, as a container sees it: a host on the internet, and hosts of networks at home. */
export interface Outside extends Stoppable {
  /** TCP port that answers with a line, and UDP port that notes what it gets, at each address. */
  readonly port: number;
  readonly internet: string;
  /** The machine's own address towards it: public, as on a rented server. */
  readonly hostPublic: string;
  /** One in each range that is nobody's business. */
  readonly private: readonly string[];
  /** Bytes that connections have brought so far. */
  received(): number;
  /** Texts of datagrams that came so far. */
  datagrams(): readonly string[];
}

/** Of those that an engine gives to its own networks: one of {@link Outside.private} is in it. */
export const LAST_RANGE = "192.168.240.";

const SERVER = `
const port = Number(process.argv[1]);
const say = (fields) => process.stdout.write(JSON.stringify(fields) + "\\n");
require("node:net").createServer((socket) => {
  socket.on("error", () => {});
  socket.on("data", (data) => say({ bytes: data.length }));
  socket.write("outside\\n");
}).listen(port, () => say({ ready: true }));
const udp = require("node:dgram").createSocket("udp4");
udp.on("message", (data) => say({ datagram: data.toString().trim() }));
udp.bind(port);
process.stdin.on("end", () => process.exit()).resume();
`;

/** Whether network namespaces can be made here. */
export function canMakeOutside(): boolean {
  return process.platform === "linux" && process.getuid?.() === 0;
}

/** Makes the network in a namespace of its own, with routes to it. Needs root. */
export async function createOutside(): Promise<Outside> {
  return await withCleanupOnFailure(async (cleanup) => {
    const id = `fz${randomBytes(3).toString("hex")}`;
    const [one, two] = [...randomBytes(2)].map((byte) => Math.max(2, byte));
    const net = `44.128.${one}`;
    const [hostPublic, internet] = [`${net}.1`, `${net}.2`];
    const homes = [
      `10.213.${two}.9`,
      `172.16.${two}.9`,
      // In LAST_RANGE, which has 20 bits.
      `192.168.255.${two}`,
      `100.64.${two}.9`,
      `169.254.${two}.9`,
      `203.0.113.${two}`,
    ];
    await ip(`netns add ${id}`);
    cleanup.defer(`namespace ${id}`, () => ip(`netns del ${id}`));
    await ip(`-n ${id} link set lo up`);
    await ip(`link add ${id}o type veth peer name ${id}i netns ${id}`);
    await ip(`addr add ${hostPublic}/30 dev ${id}o`);
    await ip(`link set ${id}o up`);
    await ip(`-n ${id} addr add ${internet}/30 dev ${id}i`);
    await ip(`-n ${id} link set ${id}i up`);
    await ip(`-n ${id} route add default via ${hostPublic}`);
    for (const home of homes) {
      await ip(`-n ${id} addr add ${home}/32 dev lo`);
      // Gone with the link.
      await ip(`route add ${home}/32 via ${internet}`);
    }
    const port = 20_000 + (randomBytes(2).readUInt16BE() % 10_000);
    const server = await startServer(id, port);
    cleanup.use("outside's server", server);
    const { received, datagrams } = server;
    return { port, internet, hostPublic, private: homes, received, datagrams, stop: () => cleanup.stop() };
  });
}

async function startServer(namespace: string, port: number) {
  const [program = "", ...prefix] = prefixOf(namespace);
  const argv = [...prefix, process.execPath, "-e", SERVER, String(port)];
  const child = spawn(program, argv, { stdio: ["pipe", "pipe", "inherit"] });
  const datagrams: string[] = [];
  let bytes = 0;
  await new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", reject);
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = JSON.parse(line) as { bytes?: number; datagram?: string };
      if (said.bytes !== undefined) bytes += said.bytes;
      else if (said.datagram === undefined) resolve();
      else datagrams.push(said.datagram);
    });
  });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", () => {
      resolve();
    });
  });
  return {
    received: () => bytes,
    datagrams: () => datagrams,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
  };
}
