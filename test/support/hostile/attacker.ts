import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Hex } from "viem";
import { type DockerEngine } from "../../../node-agent/src/containers/docker-engine.ts";
import { type ObservedContainer } from "../../../node-agent/src/domain/observed.ts";
import { type ContainerSpec } from "../../../node-agent/src/domain/workload.ts";
import { containerSpec } from "../../node-agent/support/builders.ts";
import { HOSTILE_IMAGE } from "./hostile-image.ts";

const ATTACK = readFileSync(new URL("attack.pl", import.meta.url), "utf8");
const signal = (): AbortSignal => AbortSignal.timeout(60_000);

/** A running container of a tenant who means harm. */
export interface Attacker {
  readonly id: string;
  readonly spec: ContainerSpec;
  readonly find: () => Promise<ObservedContainer>;
  /** What a script prints, both streams. */
  readonly sh: (script: string) => Promise<string>;
  /** Those addresses that answer on a TCP port. */
  readonly reach: (addresses: readonly string[], port: number) => Promise<string[]>;
  /** Sends a text and the address as a datagram to each of them. */
  readonly send: (text: string, addresses: readonly string[], port: number) => Promise<void>;
}

/** Leases of attackers, removed together. */
export class Attackers {
  readonly #leases = new Map<Hex, DockerEngine>();

  async start(engine: DockerEngine, changes: Partial<ContainerSpec> = {}): Promise<Attacker> {
    const leaseHash: Hex = `0x${randomBytes(32).toString("hex")}`;
    const spec = containerSpec({ leaseHash, image: HOSTILE_IMAGE, ...changes });
    this.#leases.set(spec.leaseHash, engine);
    const digest = randomBytes(32).toString("hex");
    await engine.create(spec, digest, signal());
    const find = async (): Promise<ObservedContainer> => {
      const found = (await engine.observe(signal())).find((container) => container.digest === digest);
      if (found === undefined) throw new Error("the container is gone");
      return found;
    };
    const { id } = await find();
    await engine.start(id, signal());
    const run = async (...command: string[]): Promise<string> => {
      const session = await engine.exec(id, { command, terminal: null }, signal());
      let said = "";
      for await (const { bytes } of session.output) said += Buffer.from(bytes).toString();
      session.close();
      return said;
    };
    const attack = async (mode: readonly string[], addresses: readonly string[], port: number) =>
      await run("perl", "-e", ATTACK, ...mode, ...addresses.flatMap((address) => [address, String(port)]));
    return {
      id,
      spec,
      find,
      sh: (script) => run("/bin/sh", "-c", script),
      reach: async (addresses, port) => {
        const said = (await attack(["tcp"], addresses, port)).split("\n");
        return addresses.filter((address) => said.includes(address));
      },
      send: async (text, addresses, port) => {
        await attack(["udp", text], addresses, port);
      },
    };
  }

  async stop(): Promise<void> {
    for (const [leaseHash, engine] of this.#leases) {
      for (const container of await engine.observe(signal()))
        if (container.leaseHash === leaseHash) await engine.remove(container.id, signal());
      await engine.removeLease(leaseHash, signal());
    }
    this.#leases.clear();
  }
}
