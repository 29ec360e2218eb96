import { type Option } from "./config-option.ts";

/** Settings of where the gateway keeps what must survive a restart. */
export const STORE_OPTIONS: readonly Option[] = [
  {
    env: "FIZZ_GATEWAY_DATA_DIR",
    key: "dataDir",
    fallback: "./.fizz/gateway",
    text: "Folder of the embedded database, of certificates and of the operator's socket. One process at a time.",
  },
  {
    env: "DATABASE_URL",
    key: "databaseUrl",
    fallback: "none: the embedded database",
    text: "PostgreSQL 13 or later to use instead: postgresql://user:password@host:5432/database?sslmode=verify-full.",
  },
  {
    env: "FIZZ_GATEWAY_DATABASE_URL",
    key: "databaseUrl",
    fallback: "DATABASE_URL",
    text: "The same, for the gateway alone: it wins over DATABASE_URL.",
  },
  {
    env: "FIZZ_GATEWAY_FORWARD_LISTEN",
    key: "forwardListen",
    fallback: "/ip4/127.0.0.1/tcp/0",
    text: "Where other processes on the same PostgreSQL reach this one: /ip4/<its private address>/tcp/<port>.",
  },
];
