import { type ProtocolError } from "@fizz/protocol/errors";
import { type ConnectTarget } from "@fizz/protocol/messages";
import { type Terminal } from "../output/terminal.ts";
import { type PathChange } from "../session/direct-path.ts";

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly lid: bigint;
  readonly target: ConnectTarget;
}

/** Tells what `fizz connect` does: where it listens on stdout, everything else on stderr, or all as JSON on stdout. */
export class ConnectReport {
  readonly #terminal: Terminal;
  readonly #isJson: boolean;

  constructor(terminal: Terminal, output: "text" | "json") {
    this.#terminal = terminal;
    this.#isJson = output === "json";
  }

  listening({ host, port, lid, target }: Listening): void {
    const { service, replica, port: remotePort } = target;
    if (this.#isJson) {
      const place = { host, port, lid: Number(lid), service, replica, remotePort };
      this.#terminal.json({ event: "listening", ...place, path: "gateway" });
      return;
    }
    this.#terminal.data(`${host}:${port}`);
    this.#terminal.done(
      `${host}:${port} leads to port ${remotePort} of ${service}-${replica}, encrypted to the node, through the gateway. Ctrl-C ends it.`,
    );
  }

  /** New connections take another path. */
  path({ path, reason, meetMs }: PathChange): void {
    if (this.#isJson) {
      const why = reason === undefined ? {} : { code: reason.code, message: reason.message };
      const speed = meetMs === undefined ? {} : { meetMs: Math.round(meetMs) };
      this.#terminal.json({ event: "path", path, ...speed, ...why });
    } else if (path === "direct") this.#terminal.done("direct: new connections go past the gateway.");
    else if (reason === undefined)
      this.#terminal.note("through the gateway: the direct connection is lost. Open ones on it are gone.");
    else this.#terminal.note(`through the gateway: ${reason.message}`);
  }

  trouble({ code, message }: ProtocolError): void {
    if (this.#isJson) this.#terminal.json({ event: "trouble", code, message });
    else this.#terminal.warn(`${message} [${code}]`);
  }
}
