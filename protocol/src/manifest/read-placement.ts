import { Fields } from "./fields.ts";
import { MAX_LIST_ITEMS, MAX_SERVICES } from "./limits.ts";
import { ID, PROFILE_NAME, REGION, SHORT_TEXT, TOKEN } from "./patterns.ts";
import { type Place } from "./place.ts";
import { parseBandwidth, parsePrice } from "./quantities.ts";
import { readMatching, readNamed, reportForm, reportType } from "./readers.ts";
import { regions } from "./regions.ts";
import { ATTRIBUTES, PLACEMENT, PRICE } from "./shapes.ts";
import { closest } from "./suggest.ts";
import { type Placement, type PlacementAttributes, type ServicePrice } from "./types.ts";

const ANY: PlacementAttributes = {
  regions: [],
  excludedRegions: [],
  desiredProviders: [],
  excludedProviders: [],
  desiredFizz: [],
  excludedFizz: [],
  cpuModels: [],
  minBandwidthMbps: 0,
};

export function readPlacement(name: string, place: Place): Placement {
  const fields = new Fields(place, PLACEMENT);
  return {
    name,
    attributes: fields.optional("attributes", readAttributes, ANY),
    pricing: fields.required("pricing", readPricing, []),
  };
}

function readAttributes(place: Place): PlacementAttributes {
  const fields = new Fields(place, ATTRIBUTES);
  const list = (name: keyof typeof ATTRIBUTES, read: (place: Place) => string[]): string[] =>
    fields.optional(name, read, []);
  const attributes = {
    regions: list("region", readRegions),
    excludedRegions: list("region_exclude", readRegions),
    desiredProviders: list("desired_provider", readIds),
    excludedProviders: list("provider_exclude", readIds),
    desiredFizz: list("desired_fizz", readIds),
    excludedFizz: list("fizz_exclude", readIds),
    cpuModels: list("cpu_model", readCpuModels),
    minBandwidthMbps: fields.optional("bandwidth", readBandwidth, 0),
  };
  checkConflict(fields.find("region_exclude"), attributes.regions, attributes.excludedRegions);
  checkConflict(fields.find("provider_exclude"), attributes.desiredProviders, attributes.excludedProviders);
  checkConflict(fields.find("fizz_exclude"), attributes.desiredFizz, attributes.excludedFizz);
  return attributes;
}

function checkConflict(
  place: Place | undefined,
  wished: readonly string[],
  excluded: readonly string[],
): void {
  const both = wished.find((value) => excluded.includes(value));
  if (place === undefined || both === undefined) return;
  place.report("MANIFEST_ATTRIBUTE_CONFLICT", {
    found: both,
    allowed: "a value that is either wished or excluded",
    message: `"${both}" is both wished and excluded. Remove it from one of the two.`,
  });
}

/** Values between semicolons, sorted, each once; `any` is no limit at all. */
function readValues(place: Place, form: { readonly pattern: RegExp; readonly allowed: string }): string[] {
  const text = place.text;
  if (text === undefined) {
    reportType(place, form.allowed);
    return [];
  }
  const values = text.split(";").map((value) => value.trim().toLowerCase());
  const wanted = values.filter((value) => value !== "");
  if (
    wanted.length === 0 ||
    wanted.length > MAX_LIST_ITEMS ||
    !wanted.every((value) => form.pattern.test(value))
  ) {
    reportForm(place, "MANIFEST_ATTRIBUTE_INVALID", { allowed: form.allowed });
    return [];
  }
  return wanted.includes("any") ? [] : [...new Set(wanted)].sort();
}

function readRegions(place: Place): string[] {
  const values = readValues(place, { pattern: REGION, allowed: "region codes such as us-east;germany" });
  for (const value of values) {
    if (regions.has(value)) continue;
    const suggestion = closest(value, regions);
    place.report(
      "MANIFEST_REGION_UNKNOWN",
      {
        found: value,
        allowed: "a region of the published list",
        message: `No node of the public networks says "${value}".${suggestion === undefined ? "" : ` Did you mean ${suggestion}?`}`,
        ...(suggestion === undefined ? {} : { suggestion }),
      },
      "warning",
    );
  }
  return values;
}

function readIds(place: Place): string[] {
  return readValues(place, {
    pattern: ID,
    allowed: "addresses (0x and 40 hex digits) or numbers, split by semicolons",
  });
}

function readCpuModels(place: Place): string[] {
  return readValues(place, { pattern: SHORT_TEXT, allowed: "names of CPUs, split by semicolons" });
}

function readBandwidth(place: Place): number {
  const allowed = "a bandwidth such as 100mbps or 1gbps";
  if (place.text === undefined) {
    reportType(place, allowed);
    return 0;
  }
  if (place.text === "any") return 0;
  const values = place.text.split(";").map((value) => parseBandwidth(value.trim()));
  const known = values.filter((value) => value !== undefined);
  if (known.length === values.length && known.every((value) => value >= 1 && value <= 1_000_000))
    return Math.min(...known);
  reportForm(place, "MANIFEST_ATTRIBUTE_INVALID", { allowed });
  return 0;
}

function readPricing(place: Place): ServicePrice[] {
  const form = { max: MAX_SERVICES, pattern: PROFILE_NAME, allowed: "the name of a service" };
  return readNamed(place, form, (service, value) => {
    const fields = new Fields(value, PRICE);
    return {
      service,
      token: fields.required("token", readToken, ""),
      amount: fields.required("amount", readAmount, ""),
    };
  });
}

function readToken(place: Place): string {
  const allowed = "a token symbol such as ETH";
  return readMatching(place, { code: "MANIFEST_ATTRIBUTE_INVALID", pattern: TOKEN, allowed });
}

function readAmount(place: Place): string {
  const allowed = "whole tokens per hour above zero, in digits with at most 18 decimals";
  if (place.text === undefined) {
    reportType(place, allowed);
    return "";
  }
  const price = parsePrice(place.text);
  if (price === undefined) reportForm(place, "MANIFEST_PRICE_INVALID", { allowed });
  return price ?? "";
}
