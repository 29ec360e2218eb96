export { type GatewayApi, gatewayApi, type GatewayApiOptions } from "./gateway-api.ts";
