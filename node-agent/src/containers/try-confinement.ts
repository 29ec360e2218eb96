import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { type ContainerSpec } from "../domain/workload.ts";
import { DockerEngine } from "./docker-engine.ts";
import { type SandboxInit } from "./sandboxes.ts";

const GREETING = "fizz-doctor";
const REMOVE_TIMEOUT_MS = 30_000;
const MIB = 1_024n * 1_024n;

/**
 * Starts a container as a tenant's is started, and one that Docker alone confines, and lets both try to reach a port of
 * this program at the gateway of their network.
 *
 * @returns Whether each reached it. Where the engine is on another machine, neither does.
 * @throws ProtocolError as Engine, when sandboxes cannot be made
 */
export async function tryConfinement(
  host: string,
  sandbox: SandboxInit,
  signal: AbortSignal,
): Promise<{ readonly confined: boolean; readonly loose: boolean }> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end(GREETING);
  });
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
  const node = `doctor-${randomBytes(4).toString("hex")}`;
  try {
    return {
      confined: await reaches(new DockerEngine({ host, node, sandbox }), { server, sandbox, signal }),
      loose: await reaches(new DockerEngine({ host, node }), { server, sandbox, signal }),
    };
  } finally {
    server.close();
  }
}

async function reaches(
  engine: DockerEngine,
  { server, sandbox, signal }: { server: Server; sandbox: SandboxInit; signal: AbortSignal },
): Promise<boolean> {
  const spec = probeSpec(sandbox.image);
  const { port } = server.address() as AddressInfo;
  try {
    await engine.create(spec, spec.leaseHash.slice(2), signal);
    const [container] = await engine.observe(signal);
    if (container === undefined) return false;
    await engine.start(container.id, signal);
    const gateway =
      '$(ip route | while read what via address rest; do [ "$what" = default ] && echo "$address"; done)';
    const command = ["/bin/sh", "-c", `sleep 1 | nc -w 3 ${gateway} ${port}`];
    const session = await engine.exec(container.id, { command, terminal: null }, signal);
    let said = "";
    for await (const { bytes } of session.output) said += Buffer.from(bytes).toString();
    session.close();
    return said.includes(GREETING);
  } finally {
    const end = AbortSignal.timeout(REMOVE_TIMEOUT_MS);
    for (const { id } of await engine.observe(end)) await engine.remove(id, end);
    await engine.removeLease(spec.leaseHash, end);
  }
}

/** A container of the sandbox's own image: it is there anyway. */
function probeSpec(image: string): ContainerSpec {
  return {
    leaseHash: `0x${randomBytes(32).toString("hex")}`,
    lid: 0n,
    service: "doctor",
    replica: 0,
    version: 1,
    image,
    pullPolicy: "Never",
    credentials: null,
    command: ["/bin/sleep", "60"],
    args: [],
    env: [],
    placeEnv: [],
    limits: {
      milliCpu: 500,
      memoryBytes: 32n * MIB,
      sharedMemoryBytes: null,
      gpuUnits: 0,
      storageBytes: 32n * MIB,
    },
    volumes: [],
    aliases: [],
    boundPorts: [],
    dependencies: [],
    expose: [],
  };
}
