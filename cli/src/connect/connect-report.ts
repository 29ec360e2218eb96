import { type ProtocolError } from "@fizz/protocol/errors";
import { type ConnectTarget } from "@fizz/protocol/messages";
import { type Terminal } from "../output/terminal.ts";

export interface ReportInit {
  readonly target: ConnectTarget;
  readonly lid: bigint;
  readonly output: "text" | "json";
}

/** Tells what `fizz connect` does: where it listens on stdout, everything else on stderr, or all as JSON on stdout. */
export class ConnectReport {
  readonly #terminal: Terminal;
  readonly #init: ReportInit;

  constructor(terminal: Terminal, init: ReportInit) {
    this.#terminal = terminal;
    this.#init = init;
  }

  listening(host: string, port: number): void {
    const { target, lid, output } = this.#init;
    const { service, replica, port: remotePort } = target;
    if (output === "json") {
      this.#terminal.json({ event: "listening", host, port, lid: Number(lid), service, replica, remotePort });
      return;
    }
    this.#terminal.data(`${host}:${port}`);
    this.#terminal.done(
      `${host}:${port} leads to port ${remotePort} of ${service}-${replica}, encrypted to the node. Ctrl-C ends it.`,
    );
  }

  trouble({ code, message }: ProtocolError): void {
    if (this.#init.output === "json") this.#terminal.json({ event: "trouble", code, message });
    else this.#terminal.warn(`${message} [${code}]`);
  }
}
