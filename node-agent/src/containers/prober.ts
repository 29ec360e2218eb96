import { Agent, request } from "node:http";
import { connect } from "node:net";
import { type HealthProbe, type Prober } from "../health-ports.ts";

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
  { host, port, path }: HealthProbe & { readonly path: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const headers = { "user-agent": "fizz-health", connection: "close" };
    const outgoing = request({ host, port, path, headers, agent: AGENT, signal });
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
