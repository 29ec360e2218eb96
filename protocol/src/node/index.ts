export { nativeCurve, portableCurve, recoverDigestKey, signDigest } from "./digest-signature.ts";
export { noiseCrypto } from "./noise-crypto.ts";
export { quickSigner } from "./quick-signer.ts";
export { COLLECT_EVERY_MIB, TrafficCollector } from "./traffic-collector.ts";
export { tunedNoise } from "./tuned-noise.ts";
export { tunedYamux } from "./tuned-yamux.ts";
