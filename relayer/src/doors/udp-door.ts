import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { type DoorAddress, type DoorSocket, portTaken } from "./door-address.ts";
import { Tally } from "./tally.ts";
import { type OpenSession, UdpSession } from "./udp-session.ts";

/** Senders that one door serves at once; datagrams of more are lost. */
const MAX_SESSIONS_PER_DOOR = 512;
/** Of these, from one address. */
const MAX_SESSIONS_PER_ADDRESS = 64;
/** Interval at which idle sessions are looked for. */
const SWEEP_MS = 1_000;

export interface UdpDoorInit {
  readonly open: OpenSession;
  /** Called for each datagram that is lost to a limit. */
  readonly onRefused: (limit: "address" | "door") => void;
  /** Whether a datagram of so many bytes may pass, in either direction. */
  readonly mayPass: (bytes: number) => boolean;
}

/** One public UDP port. Each sender, an address with a port, has a session until it is idle. */
export class UdpDoor implements DoorSocket {
  readonly #address: DoorAddress;
  readonly #init: UdpDoorInit;
  readonly #socket: Socket;
  readonly #sessions = new Map<string, UdpSession>();
  readonly #perAddress = new Tally<string>();
  #refusesNew = false;
  #sweep: NodeJS.Timeout | undefined;

  constructor(address: DoorAddress, init: UdpDoorInit) {
    this.#address = address;
    this.#init = init;
    this.#socket = createSocket(address.host.includes(":") ? "udp6" : "udp4");
    this.#socket.on("message", (payload, sender) => {
      this.#sessionOf(sender)?.push(payload);
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const failed = (cause: Error): void => {
        this.#socket.close();
        reject(portTaken(this.#address, cause));
      };
      this.#socket.once("error", failed);
      this.#socket.bind({ address: this.#address.host, port: this.#address.port, exclusive: true }, () => {
        this.#socket.off("error", failed);
        // What concerns one sender, such as an answer that nobody takes, is no reason to close the door.
        this.#socket.on("error", () => undefined);
        resolve();
      });
    });
    this.#sweep = setInterval(() => {
      for (const session of this.#sessions.values()) session.endIfIdle();
    }, SWEEP_MS);
  }

  refuseNew(): void {
    this.#refusesNew = true;
  }

  async stop(): Promise<void> {
    clearInterval(this.#sweep);
    for (const session of this.#sessions.values()) session.end();
    await new Promise<void>((resolve) => {
      this.#socket.close(() => {
        resolve();
      });
    });
  }

  #sessionOf({ address, port }: RemoteInfo): UdpSession | undefined {
    const key = `${address} ${port}`;
    const known = this.#sessions.get(key);
    if (known !== undefined) return known;
    if (this.#refusesNew) return undefined;
    const fromAddress = this.#perAddress.of(address);
    const limit = this.#limitFor(fromAddress.number);
    if (limit !== undefined) {
      this.#init.onRefused(limit);
      return undefined;
    }
    this.#perAddress.add(fromAddress);
    const session = new UdpSession({
      address,
      open: this.#init.open,
      mayPass: this.#init.mayPass,
      answer: (payload) => {
        this.#socket.send(payload, port, address, () => undefined);
      },
      onEnd: () => {
        this.#sessions.delete(key);
        this.#perAddress.remove(fromAddress);
      },
    });
    this.#sessions.set(key, session);
    return session;
  }

  #limitFor(ofAddress: number): "address" | "door" | undefined {
    if (ofAddress >= MAX_SESSIONS_PER_ADDRESS) return "address";
    return this.#sessions.size >= MAX_SESSIONS_PER_DOOR ? "door" : undefined;
  }
}
