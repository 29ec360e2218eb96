import { type HttpOptions } from "./types.ts";

/** What holds where a manifest does not say. */
export const DEFAULT_HTTP_OPTIONS: HttpOptions = {
  maxBodySize: 1_048_576,
  readTimeout: 60_000,
  sendTimeout: 60_000,
  nextTries: 3,
  nextTimeout: 0,
  nextCases: ["error", "timeout"],
};

/** Largest values: bytes, milliseconds, tries. */
export const HTTP_LIMITS = { maxBodySize: 104_857_600, timeout: 60_000, tries: 100 } as const;

/** Answers of a replica after which another one is tried. */
export const NEXT_CASES = [
  "error",
  "timeout",
  "403",
  "404",
  "429",
  "500",
  "502",
  "503",
  "504",
  "off",
] as const;
