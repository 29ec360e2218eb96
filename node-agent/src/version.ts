/** Version of the node program, as in node-agent/package.json. */
export const VERSION = "0.1.0";
