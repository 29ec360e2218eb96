import { BlockList, isIP, isIPv6, type Socket } from "node:net";
import { type AddressBlock } from "../domain/address-block.ts";
import { type SocketEnds } from "../domain/proxy-protocol.ts";
import { type ProxyHeader, readProxyHeader } from "../domain/read-proxy-header.ts";
import { type Callers } from "../ports.ts";

/** Time for a balancer to send its header. */
const HEADER_TIMEOUT_MS = 5_000;

/** Who is at the far end of a connection: its own address, or what a trusted balancer in between says. */
export class ProxiedCallers implements Callers {
  readonly #headerTimeoutMs: number;
  #trusted = new BlockList();
  #hasTrusted = false;

  /** @param trusted Balancers, which must send a PROXY header. Of others the same bytes are payload. */
  constructor(trusted: readonly AddressBlock[], init: { readonly headerTimeoutMs?: number } = {}) {
    this.#headerTimeoutMs = init.headerTimeoutMs ?? HEADER_TIMEOUT_MS;
    this.setTrusted(trusted);
  }

  /** Of connections from now on. */
  setTrusted(trusted: readonly AddressBlock[]): void {
    const list = new BlockList();
    for (const { address, prefix } of trusted) list.addSubnet(address, prefix, familyOf(address));
    this.#trusted = list;
    this.#hasTrusted = trusted.length > 0;
  }

  endsOf(socket: Socket): SocketEnds | undefined | Promise<SocketEnds | undefined> {
    const own = OwnEnds.of(socket);
    if (own === undefined || !this.#isTrusted(own.source.address)) return own;
    return this.#toldBy(socket, own);
  }

  async #toldBy(socket: Socket, own: SocketEnds): Promise<SocketEnds | undefined> {
    const header = await takeHeader(socket, this.#headerTimeoutMs);
    return header?.type === "header" ? (header.ends ?? own) : undefined;
  }

  #isTrusted(address: string): boolean {
    return this.#hasTrusted && this.#trusted.check(address, familyOf(address));
  }
}

function familyOf(address: string): "ipv4" | "ipv6" {
  return isIPv6(address) ? "ipv6" : "ipv4";
}

/** The ends of the socket itself. Its own address is asked of the system by who looks at it: hardly anybody does. */
class OwnEnds implements SocketEnds {
  readonly source: SocketEnds["source"];
  readonly #socket: Socket;

  private constructor(socket: Socket, source: SocketEnds["source"]) {
    this.#socket = socket;
    this.source = source;
  }

  /** @returns Undefined when the socket is gone. */
  static of(socket: Socket): OwnEnds | undefined {
    const { remoteAddress: address, remotePort: port } = socket;
    return address === undefined || port === undefined ? undefined : new OwnEnds(socket, { address, port });
  }

  get destination(): SocketEnds["destination"] {
    const { localAddress, localPort } = this.#socket;
    // A socket that is gone has none, and who talks to it is not heard.
    return { address: localAddress ?? this.source.address, port: localPort ?? 0 };
  }
}

/** Reads the header and nothing of what follows it. Undefined when the socket ends, or is silent, before. */
async function takeHeader(socket: Socket, timeoutMs: number): Promise<ProxyHeader | undefined> {
  return await new Promise((resolve) => {
    let received = Buffer.alloc(0);
    const finish = (header?: ProxyHeader): void => {
      clearTimeout(timer);
      socket.off("readable", onReadable).off("end", onEnd).off("close", onEnd);
      socket.pause();
      resolve(header);
    };
    const onEnd = (): void => {
      finish();
    };
    const onReadable = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      received = Buffer.concat([received, chunk]);
      const header = readProxyHeader(received, isIP);
      if (header.type === "incomplete") return;
      if (header.type === "header" && received.length > header.length)
        socket.unshift(received.subarray(header.length));
      finish(header);
    };
    const timer = setTimeout(onEnd, timeoutMs);
    socket.on("readable", onReadable).once("end", onEnd).once("close", onEnd);
  });
}
