import { createRequire } from "node:module";
import type * as Driver from "pg";

/**
 * The driver of PostgreSQL, loaded by those who use a server only: in the one file as which the gateway runs, what a
 * CommonJS package is imported by would stand at the top, and be loaded at every start.
 */
export const { Client, Pool } = createRequire(import.meta.url)("pg") as typeof Driver;
