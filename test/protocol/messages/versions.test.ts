import { type ErrorCode } from "@fizz/protocol/errors";
import * as messages from "@fizz/protocol/messages";
import { fromWire, toWire } from "@fizz/protocol/messages";
import { expect } from "chai";
import { z } from "zod";
import { hash, offer } from "../../relayer/support/builders.ts";
import { codeOf } from "../../support/code-of.ts";

/** What a peer tells: unknown fields are dropped. */
const TOLD = [
  ...["challengeSchema", "challengeResponseSchema", "serviceStatusSchema", "deploymentStatusSchema"],
  ...[
    "statusResponseSchema",
    "logLineSchema",
    "leaseEventSchema",
    "replicaUsageSchema",
    "replicaStatsSchema",
  ],
  ...["statsSnapshotSchema", "copyEndSchema", "copyPlaceSchema", "execEndSchema", "directResponseSchema"],
  ...[
    "observeResponseSchema",
    "endpointSchema",
    "doorsResponseSchema",
    "tunnelReadySchema",
    "linkResponseSchema",
  ],
  ...["priceListSchema", "machineSchema", "offerSchema", "nodeHelloSchema", "gatewayHelloSchema"],
  ...["quoteResponseSchema", "manifestResponseSchema", "revokedSchema", "revokeResponseSchema"],
  ...["gatewayNetworkSchema", "healthSchema", "httpErrorSchema", "deliveredSchema", "keptDeliverySchema"],
  ...["nodeEntrySchema", "nodeResponseSchema", "nodesPageSchema", "nodesBeatSchema", "nodesDeltaSchema"],
  ...[
    "nodesSnapshotSchema",
    "quotesResponseSchema",
    "rankedQuoteSchema",
    "refusalSchema",
    "refusalReasonSchema",
  ],
  ...[
    "scoreInputsSchema",
    "relayedRequestSchema",
    "signerQueueSchema",
    "leasesPageSchema",
    "leaseHistorySchema",
  ],
  ...["historyAsOfSchema", "historyEventSchema", "historyLeaseSchema", "historyPlaceSchema"],
  ...["earningsDaySchema", "earningsPageSchema", "nodeRoundsSchema"],
];
/** What is asked for, told by who is to be paid or obeyed, or configured: whoever does not know all of it refuses. */
const ASKED = [
  ...["challengeRequestSchema", "connectRequestSchema", "connectTargetSchema", "contractsSchema"],
  ...[
    "controlAuthSchema",
    "copyCommandSchema",
    "copyRequestSchema",
    "directRequestSchema",
    "doorRequestSchema",
  ],
  ...[
    "doorsRequestSchema",
    "earningsQuerySchema",
    "eventsQuerySchema",
    "eventsRequestSchema",
    "execCommandSchema",
  ],
  ...["execRequestSchema", "feedAckSchema", "leaseHistoryParamsSchema", "leaseHistoryQuerySchema"],
  ...[
    "leasesQuerySchema",
    "linkRequestSchema",
    "logsQuerySchema",
    "logsRequestSchema",
    "manifestDeliverySchema",
  ],
  ...["nodesQuerySchema", "nodesStreamQuerySchema", "observeRequestSchema", "quoteRequestSchema"],
  ...["quotesRequestSchema", "revokeRequestSchema", "routeSchema", "sealedSchema", "statsQuerySchema"],
  ...["statsRequestSchema", "statusRequestSchema", "terminalSizeSchema", "tunnelOpenSchema"],
];
/** A query that was lenient from the first version on. */
const LENIENT = ["networkQuerySchema"];
/** Fields of told messages that hold what is signed: strict inside. */
const SIGNED = new Set(["signed", "signedQuote", "pulse", "observed", "receipt"]);

describe("messages of another version", () => {
  // As what they are: the union of their types is more than a linter's memory holds.
  const exported: Readonly<Record<string, unknown>> = messages;
  const schemas = new Map<string, z.ZodType>(
    Object.entries(exported).flatMap(([name, value]) =>
      value instanceof z.ZodType && looksLikeMessage(value) ? [[name, value] as const] : [],
    ),
  );

  it("have a rule for each schema", () => {
    expect([...schemas.keys()].toSorted()).to.deep.equal([...TOLD, ...ASKED, ...LENIENT].toSorted());
  });

  it("may tell more than this version knows, anywhere but in what is signed", () => {
    for (const name of TOLD) expect(strictPlaces(schemas.get(name), name)).to.deep.equal([]);
  });

  it("may not ask for more than this version knows", () => {
    for (const name of ASKED) expect(strictPlaces(schemas.get(name), name), name).to.include(name);
  });

  it("lose what is not known, and nothing else", () => {
    const plain = wire({ ...offer(), busy: { from: 1, to: 2, reclaims: true } });
    const newer = { ...plain, hours: [1], busy: { ...(plain["busy"] as object), why: "?" } };
    expect(fromWire(messages.offerSchema, newer)).to.deep.equal(fromWire(messages.offerSchema, plain));
    const hello = {
      type: "hello",
      agentVersion: "9.0.0",
      chainId: 1,
      market: hash(1).slice(0, 42),
      nodeId: "1",
    };
    const read = fromWire(messages.nodeHelloSchema, { ...hello, offer: newer, speaks: ["tunnel/4"] });
    expect(read).to.deep.equal(fromWire(messages.nodeHelloSchema, { ...hello, offer: plain }));
    const welcome = { type: "welcome", gatewayVersion: "9.0.0", subnetId: 1, publicHost: "gw.test" };
    expect(fromWire(messages.gatewayHelloSchema, { ...welcome, motd: "hi" })).to.deep.equal(welcome);
  });

  it("are refused where they ask, sign, or are of a kind that is not known", async () => {
    const { challengeRequestSchema, gatewayHelloSchema, nodeHelloSchema } = messages;
    const code = async (schema: z.ZodType, value: unknown): Promise<unknown> =>
      await codeOf(Promise.resolve().then(() => fromWire(schema, value)));
    const refused: ErrorCode = "INPUT_INVALID";
    expect(await code(challengeRequestSchema, { leaseHash: hash(1), deep: true })).to.equal(refused);
    const pulse = { nodeId: "1", subnetId: 1, at: 5, leases: 0, leaseRoot: hash(0) };
    const signed = { type: "pulse", pulse, signature: `0x${"11".repeat(65)}` };
    expect(await code(nodeHelloSchema, signed)).to.equal("(no error)");
    expect(await code(nodeHelloSchema, { ...signed, pulse: { ...pulse, load: 1 } })).to.equal(refused);
    expect(await code(gatewayHelloSchema, { type: "farewell" })).to.equal(refused);
  });
});

function wire(value: unknown): Record<string, unknown> {
  return JSON.parse(toWire(value)) as Record<string, unknown>;
}

interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly catchall?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly element?: z.ZodType;
  readonly innerType?: z.ZodType;
  readonly in?: z.ZodType;
}

function definitionOf(schema: z.ZodType): Definition {
  return schema._zod.def;
}

function looksLikeMessage(schema: z.ZodType): boolean {
  return ["object", "union"].includes(definitionOf(schema).type);
}

/** Where a schema refuses unknown fields, below `path`. */
function strictPlaces(schema: z.ZodType | undefined, path: string): string[] {
  if (schema === undefined) return [`${path} is missing`];
  const { type, shape = {}, catchall, options = [], element, innerType, in: input } = definitionOf(schema);
  const isPulse = shape["pulse"] !== undefined;
  const isStrict = type === "object" && catchall !== undefined && definitionOf(catchall).type === "never";
  const inside = [
    ...Object.entries(shape).flatMap(([key, field]) =>
      SIGNED.has(key) ? [] : strictPlaces(field, `${path}.${key}`),
    ),
    ...options.flatMap((option, at) => strictPlaces(option, `${path}|${at}`)),
    ...[element, innerType, input].flatMap((inner) =>
      inner === undefined ? [] : strictPlaces(inner, `${path}.`),
    ),
  ];
  return isStrict && !isPulse ? [path, ...inside] : inside;
}
