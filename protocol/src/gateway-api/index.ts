export { type GatewayApi, gatewayApi, type GatewayApiOptions } from "./gateway-api.ts";
export { requireNextNonce } from "./next-nonce.ts";
export { type BidWait, waitForBid } from "./wait-for-bid.ts";
