export { generateSealingKeyPair, seal, type SealingKeyPair, unseal } from "./hpke.ts";
