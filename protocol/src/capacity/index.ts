export {
  type CapacityAnswer,
  capacityAnswerHash,
  capacityAnswerSchema,
  capacityAnswerTypedData,
  capacityPointsOf,
  recoverCapacityAnswerSigner,
  type SignedCapacityAnswer,
  signedCapacityAnswerSchema,
} from "./answer.ts";
export {
  type ChainInput,
  computeChain,
  labelOf,
  laneSeedOf,
  NO_LABEL,
  nodeSeedOf,
  type NodeSeedInput,
  pairHash,
  pointerOf,
} from "./hashing.ts";
export { MerkleTree, rootOf } from "./merkle.ts";
export { segmentsToOpen } from "./open-segment.ts";
export {
  type Claim,
  DEFAULT_SAMPLES,
  type Difficulty,
  drawPlaces,
  isProvable,
  LABEL_BYTES,
  LABELS_PER_BLOCK,
  LABELS_PER_SEGMENT,
  leafIndexOf,
  MAX_THREADS,
  maxMemoryMiB,
  parentOf,
  SEGMENT_BYTES,
  type SegmentPlace,
  segmentsPerLane,
  STANDARD_DIFFICULTY,
  type Work,
  type WorkKind,
  workKinds,
  workOf,
} from "./parameters.ts";
export {
  isUnderRoundRoot,
  type LeafOpening,
  type RoundLeaf,
  roundLeafHash,
  type RoundRoot,
  RoundTree,
} from "./round-tree.ts";
export {
  type Commitment,
  type OpenedPart,
  type SegmentOpening,
  segmentOpeningSchema,
  type SegmentVerdict,
  verifySegment,
} from "./segment.ts";
