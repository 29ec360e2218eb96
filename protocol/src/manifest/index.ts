export { checkOpenPart, checkSealedPart } from "./check-open-part.ts";
export { type ManifestCode, manifestCodes } from "./codes.ts";
export { openPartOf, sealedPartOf } from "./derive.ts";
export { type ChangedField, diffOpenParts, type OpenPartChange, type OpenPartDiff } from "./diff.ts";
export {
  countPublicEndpoints,
  type ExposedPorts,
  exposedTcpPortsOf,
  type PublicEndpoint,
  publicEndpointsOf,
} from "./endpoints.ts";
export { type HealthCheck } from "./health.ts";
export { canonicalText, hashOpenPart, hashSealedPart, manifestHashOf } from "./hashing.ts";
export { silentPorts } from "./image-ports.ts";
export { type Finding, formatPath, type ManifestIssue, type Path, type Severity } from "./issue.ts";
export { MAX_ISSUES, MAX_MANIFEST_BYTES, MAX_OPEN_PART_BYTES, MAX_SEALED_PART_BYTES } from "./limits.ts";
export { type ModeRules, modeTable } from "./mode-table.ts";
export { type OpenExpose, type OpenPart, openPartSchema, type OpenService } from "./open-part.ts";
export { parseManifest, type ParsedManifest } from "./parse-manifest.ts";
export { printManifest } from "./print-manifest.ts";
export { durationSeconds, NATIVE_DECIMALS, NATIVE_TOKEN, priceCeilingPerSecond } from "./price.ts";
export { parseBandwidth, parseCpu, parseDuration, parsePortRange, parseSize } from "./quantities.ts";
export {
  acceptedGpuModels,
  packResources,
  replicaSums,
  type ResourceSums,
  resourcesOf,
  type ResourceVector,
  totalSums,
  unpackResources,
} from "./resources.ts";
export { resourcesText } from "./resources-text.ts";
export { type OrderProblem, requireValidOrder } from "./require-valid.ts";
export { type SealedPart, sealedPartSchema, type SealedService } from "./sealed-part.ts";
export { type JsonSchema } from "./schema/parts.ts";
export { manifestJsonSchema } from "./schema/manifest.ts";
export * from "./types.ts";
