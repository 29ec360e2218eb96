import { createServer, type Server, type Socket } from "node:net";
import { listen } from "../listen.ts";
import { type DoorAddress, type DoorSocket, portTaken } from "./door-address.ts";

/** Connections that wait for this process; the kernel's own limit (`net.core.somaxconn`) is often 4,096. */
const BACKLOG = 1_024;
const KEEP_ALIVE_AFTER_MS = 30_000;

export interface TcpDoorInit {
  /** Takes a paused socket whose halves close on their own. */
  readonly serve: (socket: Socket) => void;
  /** At once; more are closed when they are accepted. */
  readonly maxConnections: number;
  readonly onRefused: () => void;
}

/** One public TCP port. It listens from its opening to its end, whether its node is there or not. */
export class TcpDoor implements DoorSocket {
  readonly #server: Server;
  readonly #address: DoorAddress;
  readonly #sockets = new Set<Socket>();

  constructor(address: DoorAddress, { serve, maxConnections, onRefused }: TcpDoorInit) {
    this.#address = address;
    this.#server = createServer(
      {
        allowHalfOpen: true,
        pauseOnConnect: true,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
      },
      (socket) => {
        this.#sockets.add(socket);
        socket.once("close", () => this.#sockets.delete(socket));
        socket.on("error", () => {
          socket.destroy();
        });
        serve(socket);
      },
    );
    this.#server.maxConnections = maxConnections;
    this.#server.on("drop", onRefused);
  }

  async start(): Promise<void> {
    const options = { ...this.#address, backlog: BACKLOG, exclusive: true };
    await listen(this.#server, options, (cause) => portTaken(this.#address, cause));
  }

  setMaxConnections(max: number): void {
    this.#server.maxConnections = max;
  }

  refuseNew(): void {
    this.#server.close();
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => {
        resolve();
      });
    });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
