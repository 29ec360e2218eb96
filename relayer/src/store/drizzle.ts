import { createRequire } from "node:module";
import type * as Core from "drizzle-orm";
import type * as Tables from "drizzle-orm/pg-core";

/**
 * drizzle-orm, by its CommonJS files. For each file that is an ES module Node reads the package.json of its package
 * again, and drizzle's has 175 KiB: its 150 files as ES modules take seven times as long, and leave 150 MiB of garbage
 * at each start (docs/PERFORMANCE.md, "The history").
 */
const load = createRequire(import.meta.url);

const core = load("drizzle-orm") as typeof Core;
const tables = load("drizzle-orm/pg-core") as typeof Tables;

export const { and, asc, count, desc, DrizzleQueryError, eq, gt, gte, inArray, isNotNull, isNull } = core;
export const { lt, lte, max, notInArray, sql, sum } = core;
// eslint-disable-next-line @typescript-eslint/no-deprecated -- of primaryKey only one way to call it is
export const { bigint, boolean, index, integer, jsonb, numeric, pgTable, primaryKey, text } = tables;
