import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { type Prober } from "../health-ports.ts";
import { DockerEngine } from "./docker-engine.ts";
import { probeSpec } from "./probe-spec.ts";
import { type SandboxInit } from "./sandboxes.ts";

/** Of a container that was started to be tried. */
interface Outcome {
  /** It reaches this program at the gateway of its network. */
  readonly reaches: boolean;
  /** The agent reaches it. */
  readonly isReached: boolean;
}

const GREETING = "fizz-doctor";
const PORT = 8_080;
const DIAL_TIMEOUT_MS = 5_000;
const REMOVE_TIMEOUT_MS = 30_000;

/** What was tried, and how. */
export interface Trial {
  readonly host: string;
  readonly sandbox: SandboxInit;
  /** Connects to containers as the agent does. */
  readonly prober: Prober;
}

/**
 * Starts a container as a tenant's is started, and one that Docker alone confines, and lets both try to reach a port of
 * this program at the gateway of their network; then connects to a port of each.
 *
 * @returns Whether each reached it, and was reached. Where the engine is on another machine, neither does.
 * @throws ProtocolError as Engine, when sandboxes cannot be made
 */
export async function tryConfinement(
  { host, sandbox, prober }: Trial,
  signal: AbortSignal,
): Promise<{ readonly confined: Outcome; readonly loose: Outcome }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(GREETING);
  });
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  const node = `doctor-${randomBytes(4).toString("hex")}`;
  try {
    return {
      confined: await attempt(new DockerEngine({ host, node, sandbox }), { server, sandbox, prober, signal }),
      loose: await attempt(new DockerEngine({ host, node }), { server, sandbox, prober, signal }),
    };
  } finally {
    server.close();
  }
}

interface Attempt {
  readonly server: Server;
  readonly sandbox: SandboxInit;
  readonly prober: Prober;
  readonly signal: AbortSignal;
}

async function attempt(engine: DockerEngine, { server, sandbox, prober, signal }: Attempt): Promise<Outcome> {
  // Of the sandbox's own image: it is there anyway.
  const spec = probeSpec({
    ...{ image: sandbox.image, pullPolicy: "Never", milliCpu: 500 },
    command: ["/bin/sh", "-c", `while true; do echo fizz | nc -l -p ${PORT}; done`],
  });
  const { port } = server.address() as AddressInfo;
  try {
    await engine.create(spec, spec.leaseHash.slice(2), signal);
    const [container] = await engine.observe(signal);
    if (container === undefined) return { reaches: false, isReached: false };
    await engine.start(container.id, signal);
    const gateway =
      '$(ip route | while read what via address rest; do [ "$what" = default ] && echo "$address"; done)';
    const command = ["/bin/sh", "-c", `sleep 1 | nc -w 3 ${gateway} ${port}`];
    const session = await engine.exec(container.id, { command, terminal: null }, signal);
    let said = "";
    for await (const { bytes } of session.output) said += Buffer.from(bytes).toString();
    session.close();
    const [running] = await engine.observe(signal);
    return { reaches: said.includes(GREETING), isReached: await answers(prober, running?.address ?? "") };
  } finally {
    const end = AbortSignal.timeout(REMOVE_TIMEOUT_MS);
    for (const { id } of await engine.observe(end)) await engine.remove(id, end);
    await engine.removeLease(spec.leaseHash, end);
  }
}

async function answers(prober: Prober, host: string): Promise<boolean> {
  if (host === "") return false;
  const problem = await prober.probe({ host, port: PORT, path: null }, AbortSignal.timeout(DIAL_TIMEOUT_MS));
  return problem === undefined;
}
