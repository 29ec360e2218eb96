export { type ErrorCode, errorCodes, isErrorCode } from "./codes.ts";
export {
  errorFromWire,
  errorToWire,
  ProtocolError,
  type ProtocolErrorOptions,
  type WireError,
  wireErrorSchema,
} from "./protocol-error.ts";
