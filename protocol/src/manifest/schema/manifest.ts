import { tierSelectors } from "../../tiers/index.ts";
import { MAX_PROFILES, MAX_REPLICAS, MAX_SERVICES } from "../limits.ts";
import { type ModeRules, modeTable } from "../mode-table.ts";
import { PROFILE_NAME, SERVICE_NAME, TOKEN } from "../patterns.ts";
import { BANDWIDTH, DECIMAL, DURATION } from "../quantities.ts";
import * as shapes from "../shapes.ts";
import { type Mode } from "../types.ts";
import { at, type JsonSchema, list, map, matching, named, text } from "./parts.ts";
import { resourcesSchema } from "./resources.ts";
import { serviceSchema } from "./service.ts";

/**
 * The JSON Schema (draft-07) of a manifest, for editors. It follows the same tables as the parser. What only the parser
 * knows: names that point to each other, sums over all services, and what a value's unit makes of it. A number or a
 * boolean where a text is meant must be in quotes for it; the parser reads both.
 */
export function manifestJsonSchema(): JsonSchema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "Fizz manifest",
    ...map(shapes.MANIFEST, {
      version: { schema: { const: "1.0" }, about: 'Version of the language: "1.0".', required: true },
      services: {
        schema: named(SERVICE_NAME, MAX_SERVICES, serviceSchema()),
        about: "What runs, by name.",
        required: true,
      },
      profiles: { schema: profiles(), about: "Mode, time, resources, place and price.", required: true },
      deployment: { schema: deployment(), about: "Which service runs where, with what.", required: true },
    }),
    allOf: (Object.keys(modeTable) as Mode[]).map((mode) => ({
      if: at(["profiles", "mode"], { const: mode }),
      then: modeRules(modeTable[mode]),
    })),
  };
}

function profiles(): JsonSchema {
  return map(shapes.PROFILES, {
    name: { schema: text, about: "A name for you." },
    mode: {
      schema: { enum: Object.keys(modeTable) },
      about: "fizz: community machines. provider: enterprise grade.",
      required: true,
    },
    duration: { schema: matching(DURATION), about: "s, min, h, d, mon (30 d), y (365 d).", required: true },
    tier: { schema: list({ enum: tierSelectors }, tierSelectors.length), about: "Trust of providers." },
    compute: {
      schema: named(
        PROFILE_NAME,
        MAX_PROFILES,
        map(shapes.COMPUTE, {
          resources: { schema: resourcesSchema(), about: "Resources of one replica.", required: true },
        }),
      ),
      about: "Sizes, by name.",
      required: true,
    },
    placement: {
      schema: named(PROFILE_NAME, MAX_PROFILES, placement()),
      about: "Places and prices, by name.",
      required: true,
    },
  });
}

function placement(): JsonSchema {
  const values: JsonSchema = {
    anyOf: [
      { ...text, minLength: 1 },
      { type: "integer", minimum: 1 },
    ],
  };
  const price = map(shapes.PRICE, {
    token: { schema: matching(TOKEN), about: "Symbol, such as ETH.", required: true },
    amount: {
      schema: { anyOf: [{ type: "number", exclusiveMinimum: 0 }, matching(DECIMAL)] },
      about: "Most that one replica may cost per hour, in whole tokens.",
      required: true,
    },
  });
  return map(shapes.PLACEMENT, {
    attributes: {
      schema: map(shapes.ATTRIBUTES, {
        region: { schema: values, about: "Regions, split by semicolons." },
        region_exclude: { schema: values, about: "Regions that are out." },
        desired_provider: { schema: values, about: "Providers or gateways by id or address." },
        provider_exclude: { schema: values, about: "Providers or gateways that are out." },
        desired_fizz: { schema: values, about: "Fizz nodes by id or address." },
        fizz_exclude: { schema: values, about: "Fizz nodes that are out." },
        bandwidth: {
          schema: { anyOf: [{ const: "any" }, matching(BANDWIDTH), { type: "string", pattern: ";" }] },
          about: "At least, such as 100mbps; Fizz mode.",
        },
        cpu_model: { schema: values, about: "CPU models, split by semicolons." },
      }),
      about: "What a node must be.",
    },
    pricing: {
      schema: named(PROFILE_NAME, MAX_SERVICES, price),
      about: "Price ceiling of each service.",
      required: true,
    },
  });
}

function deployment(): JsonSchema {
  const assignment = map(shapes.ASSIGNMENT, {
    profile: { schema: matching(PROFILE_NAME), about: "Name of a compute profile.", required: true },
    count: {
      schema: { type: "integer", minimum: 1, maximum: MAX_REPLICAS, default: 1 },
      about: "Replicas.",
    },
  });
  const placements = { ...named(PROFILE_NAME, MAX_PROFILES, assignment), minProperties: 1 };
  return { ...named(SERVICE_NAME, MAX_SERVICES, placements), minProperties: 1 };
}

/** What the table of a mode refuses in single fields. Sums over all services are the parser's. */
function modeRules(rules: ModeRules): JsonSchema {
  const none: JsonSchema = { type: "null" };
  const refused = rules.refusedPorts.length === 0 ? {} : { not: { enum: rules.refusedPorts } };
  const openings: Record<string, JsonSchema> = { port: refused, as: refused };
  if (!rules.portRange) Object.assign(openings, { port_range: none, port_range_as: none });
  if (!rules.customHosts) openings["accept"] = none;
  if (!rules.httpOptions) openings["http_options"] = none;
  const attributes: Record<string, JsonSchema> = {};
  if (!rules.bandwidth) attributes["bandwidth"] = { enum: [null, "any"] };
  const services = { properties: { expose: { items: { properties: openings } } } };
  const placements = { properties: { attributes: { properties: attributes } } };
  return {
    properties: {
      services: { additionalProperties: services },
      profiles: { properties: { placement: { additionalProperties: placements } } },
    },
  };
}
