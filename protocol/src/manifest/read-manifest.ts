import { tierSelectors, tiersOfSelector } from "../tiers/index.ts";
import { Fields } from "./fields.ts";
import { MAX_DURATION_SECONDS, MAX_PROFILES, MAX_REPLICAS, MAX_SERVICES } from "./limits.ts";
import { PROFILE_NAME, SHORT_TEXT } from "./patterns.ts";
import { type Place } from "./place.ts";
import { parseDuration } from "./quantities.ts";
import { NO_RESOURCES, readResources } from "./read-resources.ts";
import { readPlacement } from "./read-placement.ts";
import { readService, serviceNameForm } from "./read-service.ts";
import {
  readChoice,
  readList,
  readMatching,
  readNamed,
  readWhole,
  reportForm,
  reportType,
} from "./readers.ts";
import { ASSIGNMENT, COMPUTE, MANIFEST, PROFILES } from "./shapes.ts";
import { closest } from "./suggest.ts";
import { type Assignment, type ComputeProfile, type Manifest, type Mode } from "./types.ts";

const serviceMap = { max: MAX_SERVICES, pattern: serviceNameForm.pattern, allowed: serviceNameForm.allowed };
const profileMap = {
  max: MAX_PROFILES,
  pattern: PROFILE_NAME,
  allowed: "letters, digits, hyphens, underscores and dots, at most 63",
};

type Profiles = Pick<Manifest, "name" | "mode" | "durationSeconds" | "tiers" | "compute" | "placements">;

/** Reads the tree of a manifest. The result stands only when nothing was reported. */
export function readManifest(place: Place): Manifest {
  const fields = new Fields(place, MANIFEST);
  fields.required("version", readVersion, "");
  const services = fields.required("services", (value) => readNamed(value, serviceMap, readService), []);
  const profiles = fields.required("profiles", readProfiles, {
    name: null,
    mode: "fizz",
    durationSeconds: 0,
    tiers: [],
    compute: [],
    placements: [],
  });
  const deployment = fields.required("deployment", readDeployment, []);
  return { version: "1.0", ...profiles, services, deployment };
}

function readVersion(place: Place): string {
  if (place.text === "1.0") return place.text;
  if (place.text === undefined) reportType(place, '"1.0"');
  else reportForm(place, "MANIFEST_VERSION_UNSUPPORTED", { allowed: '"1.0"', suggestion: '"1.0"' });
  return "";
}

function readProfiles(place: Place): Profiles {
  const fields = new Fields(place, PROFILES);
  return {
    name: fields.optional("name", readDisplayName, null),
    mode: fields.required("mode", readMode, "fizz"),
    durationSeconds: fields.required("duration", readDuration, 0),
    tiers: fields.optional("tier", readTiers, []),
    compute: fields.required("compute", (value) => readNamed(value, profileMap, readCompute), []),
    placements: fields.required("placement", (value) => readNamed(value, profileMap, readPlacement), []),
  };
}

function readDisplayName(place: Place): string {
  const allowed = "one line of at most 255 characters";
  return readMatching(place, { code: "MANIFEST_TOO_LONG", pattern: SHORT_TEXT, allowed });
}

function readMode(place: Place): Mode {
  return readChoice(place, ["fizz", "provider"]) ?? "fizz";
}

function readDuration(place: Place): number {
  const allowed =
    "a duration with s, min, h, d, mon (30 d) or y (365 d), such as 90min, of at most ten years";
  const text = place.text;
  if (text === undefined) {
    reportType(place, allowed);
    return 0;
  }
  const value = parseDuration(text);
  if (value !== undefined && value >= 1n && value <= BigInt(MAX_DURATION_SECONDS)) return Number(value);
  reportForm(place, "MANIFEST_DURATION_INVALID", { allowed, suggestion: suggestDuration(text) });
  return 0;
}

const LONG_UNITS: readonly (readonly [RegExp, string])[] = [
  [/^s(?:ec(?:ond)?s?)?$/i, "s"],
  [/^m(?:in(?:ute)?s?)?$/i, "min"],
  [/^h(?:(?:ou)?rs?)?$/i, "h"],
  [/^d(?:ays?)?$/i, "d"],
  [/^mon(?:ths?)?$/i, "mon"],
  [/^y(?:(?:ea)?rs?)?$/i, "y"],
];

/** `1hr`, `30 minutes` → what is probably meant. */
function suggestDuration(text: string): string | undefined {
  const match = /^\s*(\d{1,9}(?:\.\d{1,9})?)\s*([a-z]{1,8})\s*$/i.exec(text);
  const unit = LONG_UNITS.find(([pattern]) => pattern.test(match?.[2] ?? ""));
  const suggestion = match === null || unit === undefined ? undefined : `${match[1] ?? ""}${unit[1]}`;
  return suggestion === text ? undefined : suggestion;
}

function readTiers(place: Place): number[] {
  const tiers = readList(place, tierSelectors.length, (item) => {
    const found = tiersOfSelector(item.text ?? "");
    if (found === undefined)
      reportForm(item, "MANIFEST_TIER_UNKNOWN", {
        allowed: `one of ${tierSelectors.join(", ")}`,
        suggestion: closest(item.text ?? "", tierSelectors),
      });
    return found ?? [];
  });
  const every = [...new Set(tiers.flat())].sort((left, right) => left - right);
  return every.length === 7 ? [] : every;
}

function readCompute(name: string, place: Place): ComputeProfile {
  return { name, resources: new Fields(place, COMPUTE).required("resources", readResources, NO_RESOURCES) };
}

function readDeployment(place: Place): Assignment[] {
  if (place.entries()?.length === 0) reportEmpty(place, "a service with its placement");
  return readNamed(place, serviceMap, (service, value) => {
    if (value.entries()?.length === 0) reportEmpty(value, "a placement with its profile");
    return readNamed(value, profileMap, (placement, target) => readAssignment(service, placement, target));
  }).flat();
}

function reportEmpty(place: Place, allowed: string): void {
  place.report("MANIFEST_FIELD_MISSING", {
    found: "an empty map",
    allowed,
    message: `Nothing is deployed here. Name ${allowed}.`,
  });
}

function readAssignment(service: string, placement: string, place: Place): Assignment {
  const fields = new Fields(place, ASSIGNMENT);
  return {
    service,
    placement,
    profile: fields.required("profile", readProfileName, ""),
    count: fields.optional("count", (count) => readWhole(count, { min: 1, max: MAX_REPLICAS }), 1),
  };
}

function readProfileName(place: Place): string {
  const allowed = "the name of a compute profile";
  return readMatching(place, { code: "MANIFEST_NAME_INVALID", pattern: PROFILE_NAME, allowed });
}
