import { type Socket } from "node:net";
import { joinSocket, type OpenRequest, type PipeCounts, type PipeOwner } from "@fizz/protocol/streams";
import { type ContainerWay, type TunnelTargets } from "../ports.ts";
import { callContainer, type ContainerCaller } from "./container-socket.ts";

/** Called when no container is reached. */
export type OnRefused = (request: OpenRequest, error: unknown) => void;

/**
 * One channel of the gateway's link and its socket to a container, from the asking to the end of both. Apart from finding the
 * container nothing of it is a promise: most connections are short, and each of them would pay for it.
 */
export class ContainerConnection implements ContainerCaller, PipeOwner {
  readonly counts: PipeCounts = { toSocket: 0, toStream: 0 };
  readonly #request: OpenRequest;
  readonly #onRefused: OnRefused;
  #way: ContainerWay | undefined;

  constructor(request: OpenRequest, onRefused: OnRefused) {
    this.#request = request;
    this.#onRefused = onRefused;
  }

  start(targets: TunnelTargets): void {
    targets.locate(this.#request.target, "tcp").then(this.#call).catch(this.#refuse);
  }

  readonly #call = (way: ContainerWay): void => {
    this.#way = way;
    callContainer(way, this);
  };

  onConnected(socket: Socket): void {
    const { stream, accept } = this.#request;
    if (stream.status !== "open") {
      socket.destroy();
      this.#leave();
      return;
    }
    accept();
    joinSocket(stream, socket, this);
  }

  onUnreachable(error: unknown): void {
    this.#refuse(error);
  }

  onPipeOver(): void {
    this.#leave();
  }

  readonly #refuse = (error: unknown): void => {
    this.#leave();
    this.#onRefused(this.#request, error);
  };

  #leave(): void {
    this.#way?.leave?.();
  }
}
