import { concatBytes, encodeAbiParameters, type Hex, hexToBytes, keccak256, parseAbiParameters } from "viem";
import { LABEL_BYTES, parentOf, type WorkKind, workKinds } from "./parameters.ts";

export interface NodeSeedInput {
  readonly seed: Hex;
  readonly nodeId: bigint;
  readonly subnetId: number;
  readonly round: number;
}

const nodeSeedParameters = parseAbiParameters("bytes32, uint64, uint32, uint32");
const laneSeedParameters = parseAbiParameters("bytes32, uint8, uint32");

/** Nobody's work counts for two: node, subnet and round are in the seed. */
export function nodeSeedOf({ seed, nodeId, subnetId, round }: NodeSeedInput): Hex {
  return keccak256(encodeAbiParameters(nodeSeedParameters, [seed, nodeId, subnetId, round]));
}

/** Seed of one thread's chain. */
export function laneSeedOf(nodeSeed: Hex, kind: WorkKind, lane: number): Hex {
  return keccak256(encodeAbiParameters(laneSeedParameters, [nodeSeed, workKinds.indexOf(kind), lane]));
}

const zeroLabel = new Uint8Array(LABEL_BYTES);

/** Label `index` of a chain: keccak256(lane seed, index, label before it, label it points to). */
export function labelOf(
  laneSeed: Uint8Array,
  index: number,
  inputs: { readonly previous: Uint8Array; readonly parent: Uint8Array },
): Uint8Array {
  const input = new Uint8Array(4 * LABEL_BYTES);
  input.set(laneSeed, 0);
  new DataView(input.buffer).setUint32(2 * LABEL_BYTES - 4, index);
  input.set(inputs.previous, 2 * LABEL_BYTES);
  input.set(inputs.parent, 3 * LABEL_BYTES);
  return keccak256(input, "bytes");
}

/** The number in a label that says what the next label reads. */
export function pointerOf(label: Uint8Array): number {
  return new DataView(label.buffer, label.byteOffset, LABEL_BYTES).getUint32(LABEL_BYTES - 4);
}

export function pairHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  return keccak256(concatBytes([left, right]), "bytes");
}

export interface ChainInput {
  readonly laneSeed: Hex;
  readonly windowLabels: number;
  readonly labels: number;
}

/**
 * The first labels of a chain, all in memory: what a chain means. The agent computes the same, faster and within the
 * memory of the window.
 */
export function computeChain({ laneSeed, windowLabels, labels }: ChainInput): Uint8Array {
  const seed = hexToBytes(laneSeed);
  const chain = new Uint8Array(labels * LABEL_BYTES);
  const at = (index: number): Uint8Array => chain.subarray(index * LABEL_BYTES, (index + 1) * LABEL_BYTES);
  for (let index = 0; index < labels; index++) {
    const previous = index === 0 ? zeroLabel : at(index - 1);
    const parent = index === 0 ? zeroLabel : at(parentOf(index, pointerOf(previous), windowLabels));
    chain.set(labelOf(seed, index, { previous, parent }), index * LABEL_BYTES);
  }
  return chain;
}

/** Seed as {@link computeChain} and the verifier use it, for the label at the start of a chain. */
export const NO_LABEL: Uint8Array = zeroLabel;
