import { randomBytes } from "node:crypto";
import { ProtocolError } from "@fizz/protocol/errors";
import { doubtOf, type MachineProof, probeScript, readProof } from "../../domain/machine-proof.ts";
import { probeSpec } from "../probe-spec.ts";
import { type MachineEngines } from "./swarm-client.ts";
import { SwarmEngine } from "./swarm-engine.ts";

const REMOVE_TIMEOUT_MS = 40_000;
/** Whose trials these are: never a node's services. */
const NODE = "doctor";

export interface MachineTrial {
  /** A manager's engine. */
  readonly host: string;
  readonly engines: MachineEngines;
  /** Id of the machine. */
  readonly machine: string;
  /** With BusyBox's sh, nc, ip and sleep. */
  readonly image: string;
  /** IPv4 addresses of all machines. */
  readonly addresses: readonly string[];
}

/**
 * Starts a container on one machine of a swarm as a tenant's is started, and has it say how it is held and what it reaches.
 *
 * @throws ProtocolError as Engine; ENGINE_FAILED when it proves nothing
 */
export async function tryMachine(trial: MachineTrial, signal: AbortSignal): Promise<MachineProof> {
  const { host, engines, machine, image, addresses } = trial;
  const node = `${NODE}-${randomBytes(4).toString("hex")}`;
  const engine = new SwarmEngine({ host, node, engines, trialOn: machine });
  // It stays for a while after its last line, so that the line is not lost with the container, and ends when it is told to.
  const script = `trap "exit 0" TERM\n${probeScript(addresses)}\nsleep 60 & wait $!`;
  const spec = probeSpec({
    ...{ image, pullPolicy: "IfNotPresent", milliCpu: 100 },
    command: ["/bin/sh", "-c", script],
  });
  try {
    await engine.provideImage(spec, () => undefined, signal);
    await engine.create(spec, spec.leaseHash.slice(2), signal);
    const [container] = await engine.observe(signal);
    if (container === undefined) throw unproven("its service is gone");
    await engine.start(container.id, signal);
    const lines: string[] = [];
    for await (const { text } of engine.output(container.id, { follow: true, tail: null }, signal)) {
      lines.push(text);
      if (readProof(lines) !== undefined) break;
    }
    const proof = readProof(lines);
    if (proof === undefined) throw unproven("it ended too early");
    const doubt = doubtOf(proof, addresses);
    if (doubt !== undefined) throw unproven(doubt);
    return proof;
  } finally {
    const end = AbortSignal.timeout(REMOVE_TIMEOUT_MS);
    for (const { id } of await engine.observe(end)) await engine.remove(id, end);
    await engine.removeLease(spec.leaseHash, end);
  }
}

function unproven(why: string): ProtocolError {
  return new ProtocolError("ENGINE_FAILED", `The probe proves nothing: ${why}.`);
}
