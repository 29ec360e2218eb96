/** Connector id of the built-in development wallet. */
export const DEV_WALLET_ID = "fizz-development";
