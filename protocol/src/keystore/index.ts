export {
  askNewPassword,
  askSecret,
  isInteractive,
  requireLongPassword,
  type SecretTerminal,
} from "./ask-secret.ts";
export { replaceFileSync, syncDirectory } from "./atomic-file.ts";
export { KeptKey, type MadeKey, ownerKey } from "./kept-key.ts";
export { readKeyFile, replaceKeyFile, writeKeyFile } from "./key-file.ts";
export { type Keystore, keystoreSchema, openKey, sealKey, type SealKeyOptions } from "./keystore.ts";
export { readPasswordFile } from "./password-file.ts";
export { requirePrivate } from "./private-file.ts";
export { RowSealer, type RowSealerInit } from "./row-sealer.ts";
