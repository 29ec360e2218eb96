import { type ErrorCode } from "@fizz/protocol/errors";
import { type ControlAuth, fromWire } from "@fizz/protocol/messages";
import { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { type z } from "zod";
import { readAuthorization } from "./authorization.ts";

export type MediaType = "application/json" | "application/x-ndjson" | "text/event-stream";

export interface RouteAnswer {
  readonly status: 200 | 202;
  /** A sentence for the document. */
  readonly means: string;
  /** Of the body; of one line, where there are lines; of an event's data by its name, where there are events. */
  readonly schema: z.ZodType | Readonly<Record<string, z.ZodType>>;
  readonly type?: MediaType;
}

/** A route as callers see it. What it reads requests with is what the API document is made of. */
export interface RouteContract {
  /** Name of the call in generated clients. */
  readonly id: string;
  readonly method: "GET" | "POST";
  /** As fastify writes it: `/v1/leases/:lid`. */
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** Largest body, in bytes. */
  readonly maxBodyBytes?: number;
  /** Whether it needs `Authorization: Fizz …`. */
  readonly session?: true;
  readonly answers: readonly RouteAnswer[];
  /** Codes of its refusals, beside `commonErrors`. */
  readonly errors: readonly ErrorCode[];
}

declare module "fastify" {
  interface FastifyContextConfig {
    contract?: RouteContract;
  }
}

/** Every route may answer with these. */
const commonErrors: readonly ErrorCode[] = ["INPUT_INVALID", "RATE_LIMITED", "INTERNAL"];

/** All codes that a route may answer with. */
export function errorsOf({ errors, body, session }: RouteContract): ReadonlySet<ErrorCode> {
  return new Set([
    ...commonErrors,
    ...(body === undefined && session === undefined ? [] : (["INPUT_TOO_LARGE"] as const)),
    ...(session === undefined ? [] : (["SESSION_NOT_PROVEN"] as const)),
    ...errors,
  ]);
}

export function isErrorOf(contract: RouteContract, code: string): boolean {
  return (errorsOf(contract) as ReadonlySet<string>).has(code);
}

type Read<Contract, Part extends string> =
  Contract extends Readonly<Record<Part, infer Schema extends z.ZodType>> ? z.output<Schema> : undefined;

/** A call whose parts were read with the schemas of its contract. */
export interface Call<Contract extends RouteContract> {
  readonly params: Read<Contract, "params">;
  readonly query: Read<Contract, "query">;
  readonly body: Read<Contract, "body">;
  readonly auth: Contract extends { readonly session: true } ? ControlAuth : undefined;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

export interface ServeOptions<Contract extends RouteContract> {
  /** What it gives is the body of the answer, unless the reply was sent. */
  readonly handle: (call: Call<Contract>) => unknown;
  /** Calls per minute and address; as all others when left out. */
  readonly limit?: () => number;
}

/** Adds a route. What does not fit its contract is refused before it is handled. */
export function serveRoute<const Contract extends RouteContract>(
  app: FastifyInstance,
  contract: Contract,
  { handle, limit }: ServeOptions<Contract>,
): void {
  const { method, path, maxBodyBytes, answers } = contract;
  const isStream = answers.some(({ type = "application/json" }) => type !== "application/json");
  app.route({
    method,
    url: path,
    // Nobody wants to begin a stream for its headers alone.
    exposeHeadRoute: method === "GET" && !isStream,
    ...(maxBodyBytes === undefined ? {} : { bodyLimit: maxBodyBytes }),
    config: { contract, ...(limit === undefined ? {} : { rateLimit: { max: limit } }) },
    handler: async (request, reply) => await handle(readCall(contract, request, reply)),
  });
}

function readCall<Contract extends RouteContract>(
  contract: Contract,
  request: FastifyRequest,
  reply: FastifyReply,
): Call<Contract> {
  const read = (schema: z.ZodType | undefined, value: unknown): unknown =>
    schema === undefined ? undefined : fromWire(schema, value);
  const params = read(contract.params, request.params);
  const auth = contract.session === true ? readAuthorization(request.headers.authorization) : undefined;
  const query = read(contract.query, request.query);
  const body = read(contract.body, request.body);
  return { params, query, body, auth, request, reply } as Call<Contract>;
}
