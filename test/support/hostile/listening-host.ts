import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { type Stoppable } from "../../../scripts/lib/cleanup.ts";

export const MULTICAST = "224.0.0.251";

/** Something on this machine that nobody in a container has any business with. */
export interface ListeningHost extends Stoppable {
  /** TCP port that answers, and UDP port that notes what it gets, at every address of both families. */
  readonly port: number;
  /** IPv4 addresses of the machine that are no loopback. */
  readonly addresses: readonly string[];
  readonly datagrams: readonly string[];
  /** Hears multicast on the link with this address from now on. */
  join(link: string): void;
}

export async function listenOnHost(): Promise<ListeningHost> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end("host\n");
  });
  server.listen(0, "::");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const datagrams: string[] = [];
  const sockets = (["udp4", "udp6"] as const).map((type) =>
    createSocket({ type, reuseAddr: true, ipv6Only: type === "udp6" }),
  );
  for (const socket of sockets) {
    socket.on("message", (data) => datagrams.push(data.toString().trim()));
    socket.bind(port);
    await once(socket, "listening");
  }
  const entries = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  return {
    port,
    addresses: entries
      .filter(({ family, internal }) => family === "IPv4" && !internal)
      .map(({ address }) => address),
    datagrams,
    join: (link) => {
      sockets[0]?.addMembership(MULTICAST, link);
    },
    stop: () => {
      for (const socket of sockets) socket.close();
      server.close();
      return Promise.resolve();
    },
  };
}
