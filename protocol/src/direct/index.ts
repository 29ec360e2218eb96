export { type DirectRule, directRules, isPublicHost, isSameFamily } from "./address-rules.ts";
export { type DirectComponents, DirectDialer } from "./direct-dialer.ts";
export { type Observation, observe, peerOf, requireObserved } from "./observe.ts";
export { meet, type Meeting } from "./meet.ts";
