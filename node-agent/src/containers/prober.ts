import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { ProtocolError } from "@fizz/protocol/errors";
import { type HealthProbe, type Prober } from "../health-ports.ts";
import { type Reach } from "../reach-ports.ts";

/** No connection is kept: each check shows that one can be made. */
const AGENT = new Agent({ keepAlive: false });
const MIN_STATUS = 200;
const MAX_STATUS = 399;

/** Asks containers over their own addresses, from the node's side of their network. */
export const prober: Prober = {
  probe: async (probe, signal) => {
    if (signal.aborted) return timedOut(probe);
    return await (probe.path === null
      ? tryConnect(probe, signal)
      : tryGet({ ...probe, path: probe.path }, signal));
  },
};

/** Asks by way of a helper; while that one is away, nothing is known of containers. */
export function proberThrough(reach: Reach): Prober {
  return {
    probe: async ({ path, ...target }, signal) => {
      if (signal.aborted) return timedOut(target);
      try {
        const socket = await reach.connect(target);
        if (path !== null) return await tryGet({ ...target, path, socket }, signal);
        socket.destroy();
        return undefined;
      } catch (error) {
        const isUnknown = !(error instanceof ProtocolError) || error.code !== "SERVICE_UNREACHABLE";
        return isUnknown ? null : `Nothing answers on port ${target.port}`;
      }
    },
  };
}

async function tryConnect({ host, port }: HealthProbe, signal: AbortSignal): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (problem: string | undefined): void => {
      signal.removeEventListener("abort", onAbort);
      resolve(problem);
      socket.destroy();
    };
    const onAbort = (): void => {
      end(timedOut({ port }));
    };
    signal.addEventListener("abort", onAbort, { once: true });
    socket.once("connect", () => {
      end(undefined);
    });
    socket.on("error", () => {
      end(`Nothing answers on port ${port}`);
    });
  });
}

/** The answer's head is enough; of its body nothing is read. */
async function tryGet(
  { host, port, path, socket }: HealthProbe & { readonly path: string; readonly socket?: Socket },
  signal: AbortSignal,
): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const headers = { "user-agent": "fizz-health", connection: "close" };
    const way = socket === undefined ? { agent: AGENT } : { createConnection: () => socket };
    const outgoing = request({ host, port, path, headers, signal, ...way });
    outgoing.on("response", ({ statusCode = 0 }) => {
      const isFine = statusCode >= MIN_STATUS && statusCode <= MAX_STATUS;
      resolve(isFine ? undefined : `GET ${path} on port ${port} is answered with ${statusCode}`);
      outgoing.destroy();
    });
    // Also when it is destroyed after its answer; by then it is resolved.
    outgoing.on("error", () => {
      resolve(signal.aborted ? timedOut({ port }) : `GET ${path} on port ${port} is not answered`);
    });
    outgoing.end();
  });
}

function timedOut({ port }: Pick<HealthProbe, "port">): string {
  return `Port ${port} does not answer in time`;
}
