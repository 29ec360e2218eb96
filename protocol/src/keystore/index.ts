export {
  askNewPassword,
  askSecret,
  isInteractive,
  requireLongPassword,
  type SecretTerminal,
} from "./ask-secret.ts";
export { type Keystore, keystoreSchema, openKey, sealKey, type SealKeyOptions } from "./keystore.ts";
export { RowSealer, type RowSealerInit } from "./row-sealer.ts";
