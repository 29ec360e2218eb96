import { isIPv4 } from "node:net";
import type Docker from "dockerode";
import { callEngine } from "./call-engine.ts";

/** The engine's machine as seen from its own network. IPv4 addresses. */
export interface HostNetwork {
  readonly addresses: readonly string[];
  /** Name servers that are not on a loopback address. */
  readonly resolvers: readonly string[];
}

export interface ProbeInit {
  readonly image: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

const NOT_FOUND = 404;
const PROBE_MEMORY = 32 * 1024 * 1024;

/**
 * Asks the engine's machine for its addresses, by a container of our own image that sees the host's network, may do
 * nothing there, and ends at once. It is right where the agent runs elsewhere, too.
 *
 * @throws ProtocolError as Engine
 */
export async function readHostNetwork(
  docker: Docker,
  { image, name, labels }: ProbeInit,
  signal: AbortSignal,
): Promise<HostNetwork> {
  // One that a crash left behind.
  const old = docker.getContainer(name);
  await callEngine("Removing a probe", () => old.remove({ force: true, abortSignal: signal }), [NOT_FOUND]);
  const probe = await callEngine("Creating a probe", () =>
    docker.createContainer({
      name,
      Image: image,
      Entrypoint: ["/bin/sh", "-c", "ip -o addr; cat /etc/resolv.conf"],
      Cmd: [],
      User: "65534:65534",
      // One stream, as it is.
      Tty: true,
      Labels: { ...labels },
      HostConfig: {
        NetworkMode: "host",
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges:true"],
        ReadonlyRootfs: true,
        Memory: PROBE_MEMORY,
        MemorySwap: PROBE_MEMORY,
        PidsLimit: 16,
        LogConfig: { Type: "json-file", Config: {} },
      },
      abortSignal: signal,
    }),
  );
  try {
    await callEngine("Starting a probe", () => probe.start({ abortSignal: signal }));
    await callEngine("Waiting for a probe", () => probe.wait({ abortSignal: signal }) as Promise<unknown>);
    const output = await callEngine("Reading a probe", () =>
      probe.logs({ follow: false, stdout: true, abortSignal: signal }),
    );
    return parseHostNetwork(output.toString());
  } finally {
    await callEngine("Removing a probe", () => probe.remove({ force: true }), [NOT_FOUND]);
  }
}

/** Reads `ip -o addr` followed by a resolv.conf. */
export function parseHostNetwork(text: string): HostNetwork {
  const addresses = [...text.matchAll(/\binet (\d+\.\d+\.\d+\.\d+)/g)].map(([, address = ""]) => address);
  const servers = [...text.matchAll(/^nameserver\s+(\S+)/gm)].map(([, address = ""]) => address.trim());
  const resolvers = servers.filter((address) => isIPv4(address) && !address.startsWith("127."));
  return { addresses: [...new Set(addresses)], resolvers: [...new Set(resolvers)] };
}
