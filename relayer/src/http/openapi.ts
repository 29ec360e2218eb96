import { type ErrorCode, errorCodes, wireErrorSchema } from "@fizz/protocol/errors";
import {
  deploymentStatusSchema,
  leaseEventSchema,
  logLineSchema,
  nodeEntrySchema,
  offerSchema,
  rankedQuoteSchema,
  refusalSchema,
  relayedRequestSchema,
} from "@fizz/protocol/messages";
import { signedQuoteSchema, signedReceiptSchema } from "@fizz/protocol/typed-data";
import { z } from "zod";
import { errorsOf, type RouteAnswer, type RouteContract } from "./route-contract.ts";

type Json = Readonly<Record<string, unknown>>;

/** Schemas that have a name of their own in the document. */
const named: Readonly<Record<string, z.ZodType>> = {
  Error: wireErrorSchema,
  DeploymentStatus: deploymentStatusSchema,
  LeaseEvent: leaseEventSchema,
  LogLine: logLineSchema,
  NodeEntry: nodeEntrySchema,
  Offer: offerSchema,
  RankedQuote: rankedQuoteSchema,
  Refusal: refusalSchema,
  RelayedRequest: relayedRequestSchema,
  SignedQuote: signedQuoteSchema,
  SignedReceipt: signedReceiptSchema,
};
const refOf = (name: string): string => `#/components/schemas/${name}`;
const SESSION = "session";
const DESCRIPTION =
  "The public API of a Fizz gateway. Integers that may exceed 2^53 are decimal strings. Answers may get new fields " +
  "within /v1; requests with unknown ones are refused. Every refusal has the one shape of `Error`.";

/** The OpenAPI 3.1 document of these routes. @param version Of the gateway. */
export function openApiOf(contracts: readonly RouteContract[], version: string): Json {
  const { schemas, schemaOf } = jsonSchemas(contracts);
  const paths: Record<string, Record<string, Json>> = {};
  for (const contract of contracts) {
    const path = contract.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [contract.method.toLowerCase()]: operationOf(contract, schemaOf) };
  }
  return {
    openapi: "3.1.0",
    info: { title: "Fizz gateway", version, description: DESCRIPTION, license: { name: "Apache-2.0" } },
    servers: [{ url: "/" }],
    security: [],
    paths,
    components: {
      schemas,
      securitySchemes: {
        [SESSION]: {
          ...{ type: "apiKey", in: "header", name: "authorization" },
          description:
            "`Fizz <base64url of JSON>`: a session grant that the tenant's wallet signed, and a proof for it.",
        },
      },
    },
  };
}

type SchemaOf = (schema: z.ZodType) => Json;

/** All schemas at once, so that those with a name are referred to by it. */
function jsonSchemas(contracts: readonly RouteContract[]): { schemas: Json; schemaOf: SchemaOf } {
  const registry = z.registry<{ id: string }>();
  const ids = new Map<z.ZodType, string>();
  const add = (schema: z.ZodType, id: string): void => {
    if (ids.has(schema)) return;
    ids.set(schema, id);
    registry.add(schema, { id });
  };
  for (const [name, schema] of Object.entries(named)) add(schema, name);
  for (const { id, params, query, body, answers } of contracts) {
    const parts = [params, query, body, ...answers.flatMap(schemasOf)];
    for (const [at, schema] of parts.entries()) if (schema !== undefined) add(schema, `${id}-${at}`);
  }
  const all = z.toJSONSchema(registry, {
    ...{ io: "input", unrepresentable: "any", uri: refOf },
    override: ({ zodSchema, jsonSchema }) => {
      onTheWire(zodSchema, jsonSchema);
    },
  }).schemas as Readonly<Record<string, Json>>;
  const plain = (id: string): Json =>
    Object.fromEntries(Object.entries(all[id] ?? {}).filter(([key]) => key !== "$schema" && key !== "$id"));
  const schemas = Object.fromEntries(Object.keys(named).map((name) => [name, plain(name)]));
  const schemaOf = (schema: z.ZodType): Json => {
    const id = ids.get(schema) ?? "";
    return id in named ? { $ref: refOf(id) } : plain(id);
  };
  return { schemas, schemaOf };
}

/** A bigint is only ever text there. */
function onTheWire(
  schema: z.core.$ZodType,
  json: { anyOf?: unknown[]; minimum?: number; maximum?: number },
): void {
  const { def } = schema._zod;
  if (def.type === "union") {
    const options = (def as z.core.$ZodUnionDef).options.map(({ _zod }) => _zod.def.type);
    const at = options.indexOf("bigint");
    if (at < 0) return;
    const [text] = (json.anyOf ?? []).filter((_, index) => index !== at);
    delete json.anyOf;
    Object.assign(json, text);
  }
  // What JavaScript can count to is no rule of the API.
  if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum;
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum;
}

function schemasOf({ schema }: RouteAnswer): z.ZodType[] {
  return schema instanceof z.ZodType ? [schema] : Object.values(schema);
}

function operationOf(contract: RouteContract, schemaOf: SchemaOf): Json {
  const { id, summary, params, query, body, session, answers } = contract;
  const parameters = [
    ...(params === undefined ? [] : parametersOf("path", schemaOf(params))),
    ...(query === undefined ? [] : parametersOf("query", schemaOf(query))),
  ];
  const responses = Object.fromEntries([
    ...answers.map((answer) => [String(answer.status), responseOf(answer, schemaOf)]),
    ...errorResponses(errorsOf(contract)),
  ]) as Json;
  return {
    ...{ operationId: id, summary },
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: jsonContent(schemaOf(body)) } }),
    ...(session === undefined ? {} : { security: [{ [SESSION]: [] }] }),
    responses,
  };
}

function parametersOf(place: "path" | "query", schema: Json): Json[] {
  const { properties = {}, required = [] } = schema as { properties?: Json; required?: string[] };
  return Object.entries(properties).map(([name, of]) => ({
    ...{ name, in: place, required: place === "path" || (required.includes(name) && !hasDefault(of)) },
    schema: of,
  }));
}

function hasDefault(schema: unknown): boolean {
  return typeof schema === "object" && schema !== null && "default" in schema;
}

function responseOf({ means, schema, type = "application/json" }: RouteAnswer, schemaOf: SchemaOf): Json {
  if (schema instanceof z.ZodType) {
    const of = schemaOf(schema);
    if (type === "application/json") return { description: means, content: { [type]: { schema: of } } };
    const line = { anyOf: [of, errorBody()] };
    const description = `${means} An empty line now and then says that the other side is there; an error is the last one.`;
    return { description, content: { [type]: { schema: { type: "string" }, "x-line": line } } };
  }
  const events = Object.fromEntries(Object.entries(schema).map(([name, of]) => [name, schemaOf(of)]));
  return { description: means, content: { [type]: { schema: { type: "string" }, "x-events": events } } };
}

function errorResponses(codes: ReadonlySet<ErrorCode>): [string, Json][] {
  const byStatus = Map.groupBy(codes, (code) => errorCodes[code].status);
  return [...byStatus]
    .sort(([a], [b]) => a - b)
    .map(([status, all]) => {
      const description = all.map((code) => `\`${code}\`: ${errorCodes[code].meaning}`).join("\n\n");
      const headers = status === TOO_MANY ? { headers: { "retry-after": RETRY_AFTER } } : {};
      return [String(status), { description, ...headers, content: jsonContent(errorBody(all)) }];
    });
}

const TOO_MANY = 429;
const RETRY_AFTER = { description: "Seconds to wait.", schema: { type: "integer", minimum: 0 } };

function errorBody(codes?: readonly ErrorCode[]): Json {
  const error =
    codes === undefined
      ? { $ref: refOf("Error") }
      : { allOf: [{ $ref: refOf("Error") }, { properties: { code: { enum: codes } } }] };
  return { type: "object", required: ["error"], properties: { error } };
}

function jsonContent(schema: Json): Json {
  return { "application/json": { schema } };
}
