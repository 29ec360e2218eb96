/** Version of the gateway program, as in relayer/package.json. */
export const VERSION = "0.1.0";
