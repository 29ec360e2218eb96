import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Reach, type ReachTarget } from "../reach-ports.ts";
import { encodeRequest, FAILED, REACH_TIMEOUT_MS, type ReachRequest, TOKEN_BYTES } from "./reach-wire.ts";

/** Connections that wait to be made, and connections whose token has not come. */
const MAX_WAITING = 1_024;
const MAX_UNNAMED = 1_024;

/** Connections to containers that a helper on the machine's network makes: it dials them, then this agent. */
export class ReachClient implements Reach {
  readonly #path: string;
  readonly #waiting = new Map<string, (socket: Socket) => void>();
  #listening: Promise<ReachRequest["back"]> | undefined;
  #unnamed = 0;

  /** @param path Of the helper's socket. */
  constructor(path: string) {
    this.#path = path;
  }

  async connect(to: ReachTarget): Promise<Socket> {
    return await this.#ask("tcp", to);
  }

  async openDatagrams(to: ReachTarget): Promise<Socket> {
    return await this.#ask("udp", to);
  }

  async #ask(transport: ReachRequest["transport"], { host, port }: ReachTarget): Promise<Socket> {
    if (this.#waiting.size >= MAX_WAITING)
      throw new ProtocolError("LIMIT_REACHED", `${MAX_WAITING} connections wait for their containers.`);
    const back = await this.#back();
    const token = randomBytes(TOKEN_BYTES / 2).toString("hex");
    const control = connect({ path: this.#path });
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<Socket>((resolve, reject) => {
        const fail = (): void => {
          const message = `Nothing answers on port ${port} of the container.`;
          reject(new ProtocolError("SERVICE_UNREACHABLE", message));
        };
        timer = setTimeout(fail, REACH_TIMEOUT_MS);
        this.#waiting.set(token, resolve);
        control.on("error", (cause) => {
          reject(helperAway(this.#path, cause));
        });
        let said = "";
        control.on("data", (chunk: Buffer) => (said += chunk.toString()));
        control.on("end", () => {
          if (said === FAILED) fail();
          else if (said === "") reject(helperAway(this.#path));
        });
        control.write(encodeRequest({ transport, to: { host, port }, back, token }));
      });
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(token);
      control.on("error", () => undefined);
      control.destroy();
    }
  }

  /** Where this agent listens; tried again where that failed. */
  async #back(): Promise<ReachRequest["back"]> {
    this.#listening ??= this.#listen();
    try {
      return await this.#listening;
    } catch (cause) {
      this.#listening = undefined;
      const message = "The agent cannot listen for its helper.";
      throw new ProtocolError("ENGINE_UNREACHABLE", message, { cause });
    }
  }

  /** Of this container's own network, in which nobody else is but the machine. */
  async #listen(): Promise<ReachRequest["back"]> {
    const entries = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
    const own = entries.find(({ family, internal }) => family === "IPv4" && !internal)?.address;
    const host = own ?? "127.0.0.1";
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      void this.#take(socket);
    });
    server.listen(0, host);
    await once(server, "listening");
    server.unref();
    return { host, port: (server.address() as AddressInfo).port };
  }

  /** What comes without a token that is waited for is closed. */
  async #take(socket: Socket): Promise<void> {
    const onError = (): void => undefined;
    socket.on("error", onError);
    if (this.#unnamed >= MAX_UNNAMED) {
      socket.destroy();
      return;
    }
    this.#unnamed += 1;
    try {
      const onWaited = this.#waiting.get(await readToken(socket));
      if (onWaited === undefined) socket.destroy();
      else onWaited(socket);
    } catch {
      socket.destroy();
    } finally {
      this.#unnamed -= 1;
    }
  }
}

async function readToken(socket: Socket): Promise<string> {
  const signal = AbortSignal.timeout(REACH_TIMEOUT_MS);
  for (;;) {
    const token = socket.read(TOKEN_BYTES) as Buffer | null;
    if (token !== null) return token.toString("latin1");
    if (socket.readableEnded || socket.destroyed) throw new ProtocolError("INPUT_INVALID", "No token came.");
    await once(socket, "readable", { signal });
  }
}

function helperAway(path: string, cause?: unknown): ProtocolError {
  const message = `The helper at ${path}, which reaches containers for this agent, does not answer.`;
  return new ProtocolError("ENGINE_UNREACHABLE", message, { cause });
}
