import { ProtocolError } from "@fizz/protocol/errors";
import { type Hex } from "viem";
import { type Leftover } from "../../../node-agent/src/domain/uninstall.ts";
import { type Leftovers } from "../../../node-agent/src/uninstall-ports.ts";
import { type FakeMachine } from "./fake-machine.ts";

/** What a node has made on a machine in memory. */
export class FakeLeftovers implements Pick<Leftovers, "list"> {
  readonly #machine: FakeMachine;
  readonly #node: string;
  isDown = false;
  /** How often it was listed. */
  asked = 0;

  constructor(machine: FakeMachine, node: string) {
    this.#machine = machine;
    this.#node = node;
  }

  async list(): Promise<readonly Leftover[]> {
    await Promise.resolve();
    this.asked += 1;
    if (this.isDown) throw new ProtocolError("ENGINE_UNREACHABLE", "The Docker Engine does not answer.");
    const { containers, networks, volumes } = this.#machine;
    return [
      ...[...containers.values()].flatMap(({ id, spec }) => this.#own("container", id, spec.leaseHash)),
      ...[...networks].flatMap((leaseHash) => this.#own("network", leaseHash, leaseHash)),
      ...[...volumes].flatMap(([name, leaseHash]) => this.#own("volume", name, leaseHash)),
    ];
  }

  #own(kind: Leftover["kind"], id: string, leaseHash: Hex): Leftover[] {
    const maker = this.#machine.makers.get(leaseHash);
    return maker?.node === this.#node ? [{ kind, id, name: id, leaseHash, lid: maker.lid }] : [];
  }
}
