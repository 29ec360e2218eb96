import { createServer, type Server, type Socket } from "node:net";
import { listen } from "../listen.ts";
import { type DoorAddress, type DoorSocket, portTaken } from "./door-address.ts";
import { Slots } from "../domain/slots.ts";

/** Connections that wait for this process; the kernel's own limit (`net.core.somaxconn`) is often 4,096. */
const BACKLOG = 1_024;
/** Silence after which the system asks whether the caller is there. */
const KEEP_ALIVE_AFTER_MS = 30_000;
/** So much later it is told to: four calls of the system that short connections, most of all, do without. */
const ASK_LATER_MS = 10_000;

export interface TcpDoorInit {
  /** Takes a paused socket whose halves close on their own. */
  readonly serve: (socket: Socket) => void;
  /** At once; more are closed when they are accepted. */
  readonly maxConnections: number;
  readonly onRefused: () => void;
  /** ASK_LATER_MS when it is not said. */
  readonly askLaterMs?: number;
}

/** One public TCP port. It listens from its opening to its end, whether its node is there or not. */
export class TcpDoor implements DoorSocket {
  readonly #server: Server;
  readonly #address: DoorAddress;
  readonly #askLaterMs: number;
  readonly #sockets = new Slots<Socket>();
  /** Sockets that the system asks whether they are there. */
  readonly #asked = new WeakSet<Socket>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    address: DoorAddress,
    { serve, maxConnections, onRefused, askLaterMs = ASK_LATER_MS }: TcpDoorInit,
  ) {
    this.#address = address;
    this.#askLaterMs = askLaterMs;
    this.#server = createServer(
      {
        allowHalfOpen: true,
        pauseOnConnect: true,
        noDelay: true,
      },
      (socket) => {
        this.#enter(socket);
        socket.on("error", () => {
          socket.destroy();
        });
        serve(socket);
      },
    );
    this.#server.maxConnections = maxConnections;
    this.#server.on("drop", onRefused);
  }

  #enter(socket: Socket): void {
    const slot = this.#sockets.take(socket);
    socket.on("close", () => {
      this.#sockets.free(slot);
    });
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#askYoung();
    }, this.#askLaterMs).unref();
  }

  #askYoung(): void {
    for (const socket of this.#sockets) {
      if (this.#asked.has(socket)) continue;
      socket.setKeepAlive(true, KEEP_ALIVE_AFTER_MS);
      this.#asked.add(socket);
    }
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
    clearTimeout(this.#timer);
    await closed;
  }
}
