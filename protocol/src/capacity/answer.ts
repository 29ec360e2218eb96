import { hashStruct, type Hex, recoverTypedDataAddress, type TypedDataDefinition } from "viem";
import { z } from "zod";
import { bytes32Schema, hexSchema, uintSchema } from "../messages/primitives.ts";
import { performanceTierOf } from "../tiers/index.ts";
import { capacityAnswerTypes, type FizzDomain } from "../typed-data/index.ts";
import { type Difficulty, isProvable } from "./parameters.ts";

const uint16Schema = z.int().min(0).max(0xffff);
const uint32Schema = z.int().min(0).max(0xffffffff);

/** What a node says it has free, and the commitments that it has. Domain contract: CapacityRounds. */
export const capacityAnswerSchema = z.strictObject({
  nodeId: uintSchema(64),
  subnetId: uint32Schema,
  round: uint32Schema,
  seed: bytes32Schema,
  threads: uint16Schema,
  memoryMiB: uint32Schema,
  gpuUnits: uint16Schema,
  cpuTier: uint16Schema,
  gpuTier: uint16Schema,
  cpuRoot: bytes32Schema,
  memoryRoot: bytes32Schema,
  offChainRoot: bytes32Schema,
});
export type CapacityAnswer = z.infer<typeof capacityAnswerSchema>;

export const signedCapacityAnswerSchema = z.strictObject({
  answer: capacityAnswerSchema,
  signature: hexSchema(65),
});
export type SignedCapacityAnswer = z.infer<typeof signedCapacityAnswerSchema>;

export function capacityAnswerTypedData(
  domain: FizzDomain,
  answer: CapacityAnswer,
): TypedDataDefinition<typeof capacityAnswerTypes, "CapacityAnswer"> {
  return { domain, types: capacityAnswerTypes, primaryType: "CapacityAnswer" as const, message: answer };
}

/** EIP-712 struct hash, as `CapacityRounds.answerHashOf`. */
export function capacityAnswerHash(answer: CapacityAnswer): Hex {
  return hashStruct({ types: capacityAnswerTypes, primaryType: "CapacityAnswer", data: answer });
}

/** Address that signed the answer. */
export async function recoverCapacityAnswerSigner(
  domain: FizzDomain,
  signed: SignedCapacityAnswer,
): Promise<Hex> {
  return await recoverTypedDataAddress({
    ...capacityAnswerTypedData(domain, signed.answer),
    signature: signed.signature,
  });
}

const MAX_POINTS = 2 ** 24 - 1;

/** Tenths of a point of a claim, as `TierPoints.pointsOf`; 0 for a claim that stands for no work. */
export function capacityPointsOf(
  claim: Pick<CapacityAnswer, "threads" | "memoryMiB" | "gpuUnits" | "cpuTier" | "gpuTier">,
  difficulty: Difficulty,
): number {
  if (!isProvable(claim, difficulty)) return 0;
  const cpu = Math.floor((claim.threads * 1_000 * percentOf(claim.cpuTier)) / 2_000);
  const gpu = claim.gpuUnits * percentOf(claim.gpuTier) * 50;
  return Math.min(cpu + gpu, MAX_POINTS);
}

const UNRATED_PERCENT = 10;

function percentOf(tier: number): number {
  return performanceTierOf(tier)?.multiplierPercent ?? UNRATED_PERCENT;
}
