import { type ManifestCode } from "@fizz/protocol/manifest";
import { type Changes } from "./sample.ts";

/** What breaks a rule, where it is reported, and a neighbour that does not break it. */
export interface Rule {
  readonly code: ManifestCode;
  readonly path: string;
  readonly text?: string;
  readonly changes?: Changes;
  /** Changes that keep the rule. */
  readonly valid?: Changes;
  readonly suggestion?: string;
}
