export { askOperatorSocket, type OperatorQuestion } from "./ask-operator-socket.ts";
export { nativeCurve, portableCurve, recoverDigestKey, signDigest } from "./digest-signature.ts";
export { noiseCrypto } from "./noise-crypto.ts";
export { type AnswerCommand, OperatorSocket } from "./operator-socket.ts";
export { quickSigner } from "./quick-signer.ts";
export { OPERATOR_SOCKET, socketPathOf } from "./socket-path.ts";
export { COLLECT_EVERY_MIB, TrafficCollector } from "./traffic-collector.ts";
export { tunedNoise } from "./tuned-noise.ts";
export { tunedYamux } from "./tuned-yamux.ts";
