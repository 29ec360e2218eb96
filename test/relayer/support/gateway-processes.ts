import { type ChildProcess } from "node:child_process";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { type Cleanup } from "../../../scripts/lib/cleanup.ts";
import { createTempDir } from "../../../scripts/lib/temp-dir.ts";
import { gatewayProgram } from "./gateway-program.ts";
import { keySettings } from "./key-settings.ts";
import { type World } from "./leased-node.ts";

/** What all processes of a gateway have in common. */
export function gatewayEnv(
  { anvil, contracts }: Pick<World, "anvil" | "contracts">,
  databaseUrl: string,
): Record<`FIZZ_${string}`, string> {
  return {
    FIZZ_RPC_URL: anvil.rpcUrl,
    FIZZ_CONTRACTS: JSON.stringify(contracts),
    FIZZ_GATEWAY_DATABASE_URL: databaseUrl,
    FIZZ_GATEWAY_API_HOST: "127.0.0.1",
    FIZZ_GATEWAY_LINK_PORT: "0",
    FIZZ_POLL_MS: "200",
  };
}

/** One process of a gateway, which can be killed and started again. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export function gatewayProcess(cleanup: Cleanup, env: Readonly<Record<string, string>>, doorHost: string) {
  let child: ChildProcess | undefined;
  let apiUrl = "http://127.0.0.1:1";
  let adminUrl = apiUrl;
  let own: Record<string, string> = {};
  cleanup.defer("gateway", () => child?.kill("SIGKILL"));
  return {
    apiUrl: () => apiUrl,
    apiPort: () => Number(new URL(apiUrl).port),
    /** What `/readyz` and `/livez` answer, where its settings have an admin port. */
    ready: async (): Promise<readonly [status: number, text: string, livez: number]> => {
      const [ready, live] = await Promise.all([fetch(`${adminUrl}/readyz`), fetch(`${adminUrl}/livez`)]);
      return [ready.status, (await ready.text()).trim(), live.status];
    },
    status: async (): Promise<string> => {
      const start = await gatewayProgram();
      return await text(start(["status"], { ...own, ...env }).stdout);
    },
    kill: () => child?.kill("SIGKILL"),
    start: async (): Promise<void> => {
      const folder = cleanup.use("folder", await createTempDir("sharing"));
      own = {
        ...(await keySettings(folder.path)),
        FIZZ_GATEWAY_DATA_DIR: folder.path,
        FIZZ_GATEWAY_API_PORT: "0",
        FIZZ_GATEWAY_LISTEN: "/ip4/127.0.0.1/tcp/0",
        FIZZ_GATEWAY_DOOR_HOST: doorHost,
      };
      const program = await gatewayProgram();
      const started = program([], { ...own, ...env });
      child = started;
      let said = "";
      started.stderr.on("data", (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)));
      for await (const line of createInterface({ input: started.stdout })) {
        if (!line.includes("gateway.ready")) continue;
        ({ apiUrl, adminUrl = apiUrl } = JSON.parse(line) as { apiUrl: string; adminUrl?: string });
        return;
      }
      throw new Error(`the gateway ended without a ready line: ${said}`);
    },
  };
}

/** Leads to the first process that accepts, as a balancer with health checks does. */
export async function startBalancer(cleanup: Cleanup, ports: () => number[]): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket.on("error", () => undefined));
    void reach(ports()).then((onward) => {
      if (onward === undefined) socket.destroy();
      else socket.pipe(onward).pipe(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanup.defer("balancer", () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

async function reach(ports: readonly number[]): Promise<Socket | undefined> {
  for (const port of ports) {
    const socket = connect({ host: "127.0.0.1", port });
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once("connect", () => {
        resolve(true);
      });
      socket.on("error", () => {
        resolve(false);
      });
    });
    if (isOpen) return socket;
  }
  return undefined;
}
