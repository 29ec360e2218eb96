import { MAX_QUOTED_LENGTH } from "../manifest/limits.ts";
import { parseManifest } from "../manifest/parse-manifest.ts";
import { type Mode } from "../manifest/types.ts";
import { readAkash } from "./akash/read-akash.ts";
import { interpolateTree, type Variables } from "./compose/interpolate.ts";
import { readCompose } from "./compose/read-compose.ts";
import { detectFormat, type SourceFormat } from "./detect.ts";
import { type Draft } from "./draft.ts";
import { chooseMode } from "./fit/choose-mode.ts";
import { fitDraft } from "./fit/fit-draft.ts";
import { suggestPrice } from "./fit/suggest-price.ts";
import { readTree } from "./read-tree.ts";
import { type ConvertFinding, Report } from "./report.ts";
import { Spot } from "./spot.ts";
import { type Tree } from "./tree.ts";
import { writeManifest } from "./write-manifest.ts";

/** What a person may choose. */
export interface ConvertOptions {
  /** Left out, the text decides. */
  readonly from?: SourceFormat | undefined;
  /** Left out, the mode in which most can be kept. */
  readonly mode?: Mode | undefined;
  /** Values of the variables that a Compose file names. */
  readonly variables?: Variables | undefined;
}

/** A manifest that `parseManifest` accepts, or none; what was changed, filled in and left out. */
export interface Converted {
  readonly from: SourceFormat | null;
  readonly mode: Mode | null;
  /** Null when the findings hold an error. */
  readonly manifest: string | null;
  readonly findings: readonly ConvertFinding[];
}

/** What a lease lasts when the source does not say. */
const DEFAULT_DURATION = "1d";

const TITLES: Readonly<Record<SourceFormat, string>> = { compose: "a Compose file", akash: "an Akash SDL" };

/**
 * Makes a manifest of a Compose file or an Akash SDL.
 *
 * Never throws on any text, and answers within a bounded time. No file but the text is read, and no variable has a
 * value but those given. Whatever is made is held against every rule of manifests before it is returned.
 *
 * @example convertToManifest("services: {web: {image: 'nginx:1.27', ports: ['8080:80']}}").mode // "provider"
 */
export function convertToManifest(text: string, options: ConvertOptions = {}): Converted {
  const report = new Report();
  const source = readTree(text, report);
  const made = source.tree === undefined ? NOTHING : convertTree(source.tree, report, options);
  return {
    from: made.from,
    mode: made.mode,
    manifest: report.hasErrors() ? null : made.manifest,
    findings: report.findings((span) => source.lines(span)),
  };
}

type Made = Pick<Converted, "from" | "mode" | "manifest">;

const NOTHING: Made = { from: null, mode: null, manifest: null };

function convertTree(tree: Tree, report: Report, options: ConvertOptions): Made {
  const root = new Spot(report, { tree, path: [], span: { start: 0, end: 0 } });
  const from = options.from ?? detectFormat(root);
  if (from === undefined) return NOTHING;
  const draft = from === "akash" ? readAkash(root) : readComposeTree(root, report, options.variables);
  if (draft.services.length === 0) reportNothing(root);
  if (report.hasErrors()) return { ...NOTHING, from };
  const mode = options.mode ?? chooseMode(draft);
  const manifest = makeManifest(draft, { from, mode });
  if (!report.hasErrors()) checkManifest(root, manifest);
  return { from, mode, manifest };
}

function readComposeTree(root: Spot, report: Report, variables: Variables = new Map()): Draft {
  const tree = interpolateTree(root.tree, report, variables);
  return readCompose(new Spot(report, { tree, path: [], span: { start: 0, end: 0 } }), variables);
}

function reportNothing(root: Spot): void {
  root.fail("CONVERT_NOTHING_DEPLOYED", {
    found: "no service",
    done: "nothing is converted",
    message: "There is no service to deploy in this text.",
  });
}

function makeManifest(draft: Draft, { from, mode }: { from: SourceFormat; mode: Mode }): string {
  const services = fitDraft(draft, mode);
  const prices = services.map((service) => `${service.name} ${suggestPrice(service)}`).join(", ");
  draft.spot.note("CONVERT_DEFAULT_DURATION", {
    found: "no duration",
    done: `duration: ${DEFAULT_DURATION}`,
    message: "Neither Compose nor Akash has a duration. Say how long you want to lease.",
  });
  draft.spot.note("CONVERT_DEFAULT_PRICE", {
    found: "no price of this network",
    done: `ETH per hour: ${prices}`.slice(0, 2 * MAX_QUOTED_LENGTH),
    message:
      "The prices are guesses of what is more than enough. They are the most that a replica may cost per hour.",
  });
  if (draft.placement.regions.length === 0)
    draft.spot.note("CONVERT_DEFAULT_REGION", {
      found: "no region",
      done: "any region",
      message: "Name regions under profiles.placement, attributes.region, when it matters where this runs.",
    });
  const title = [
    `Made from ${TITLES[from]}. Look at each comment, then: fizz manifest validate FILE`,
    ...(mode === "fizz" ? ["The owner of a Fizz node can read what runs on it: no secrets here."] : []),
  ];
  return writeManifest({
    title,
    name: draft.name,
    mode,
    duration: DEFAULT_DURATION,
    placement: draft.placement,
    services,
  });
}

/** The last word: what a manifest must not say is not handed out. */
function checkManifest(root: Spot, manifest: string): void {
  const parsed = parseManifest(manifest);
  if (parsed.ok) return;
  for (const { severity, path, message, code } of parsed.issues)
    if (severity === "error")
      root.fail("CONVERT_RESULT_INVALID", {
        found: path.slice(0, MAX_QUOTED_LENGTH),
        done: "nothing is converted",
        message: `The manifest would not be valid (${code}): ${message}`,
      });
}
