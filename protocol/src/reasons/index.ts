export {
  type CloseReason,
  closeReasons,
  isReasonOf,
  nameOfReason,
  type ReasonParty,
} from "./close-reasons.ts";
