import { type NodeRounds, type RoundResult, toWire } from "@fizz/protocol/messages";
import { argumentOf, type ChainEvent } from "./chain-event.ts";

/** Events of ICapacityRounds.sol that say something of a subnet's rounds, or of a node in them. */
export const roundEventNames = [
  "RootPosted",
  "AnsweredDirectly",
  "InclusionShown",
  "VerdictReached",
  "RoundFinalised",
] as const;
export type RoundEventName = (typeof roundEventNames)[number];
export type RoundEvent = ChainEvent<RoundEventName>;

/** ICapacityVerdicts.Fault. Only the first convicts the node that it names: the others are the gateway's. */
const FAULTS = { falseCapacity: 1, falseRoot: 2, omission: 3 } as const;
const MS_PER_SECOND = 1_000;

/** Whether an event convicts the node that it names. */
export function isConviction(event: Pick<RoundEvent, "event" | "args">): boolean {
  return event.event === "VerdictReached" && Number(argumentOf(event, "fault")) === FAULTS.falseCapacity;
}

type Posted = NonNullable<NodeRounds["posted"]>;
type Convicted = NonNullable<NodeRounds["convicted"]>;
type Answered = NonNullable<NodeRounds["answered"]>;
type Finalised = NonNullable<NodeRounds["finalised"]>;

/** What is said of one node, by rounds of the subnet. */
interface NodeFacts {
  /** In any subnet. */
  convicted: Convicted | null;
  readonly convictedIn: Set<number>;
  readonly answers: Map<number, Answered>;
}

export interface RoundsInit {
  readonly subnetId: number;
  /** Unix seconds. */
  readonly since: number;
}

/** What the chain says of a subnet's capacity rounds and of its nodes in them, by what it told so far. */
export class RoundsRecord {
  readonly #init: RoundsInit;
  readonly #nodes = new Map<bigint, NodeFacts>();
  readonly #told = new Map<bigint, NodeRounds>();
  /** Rounds whose root is void. */
  readonly #void = new Set<number>();
  #plain: NodeRounds | undefined;
  #posted: Posted | null = null;
  #finalised: Finalised | null = null;

  /** @param events In the chain's order: of the subnet, and convictions of its nodes elsewhere. */
  constructor(events: Iterable<RoundEvent>, init: RoundsInit) {
    this.#init = init;
    for (const event of events) this.#take(event);
  }

  /** Nodes of which something of their own is said. */
  get nodeIds(): Iterable<bigint> {
    return this.#nodes.keys();
  }

  /** What is said of every node of which nothing of its own is. */
  get ofSubnet(): NodeRounds {
    return (this.#plain ??= this.#tell(undefined));
  }

  of(nodeId: bigint): NodeRounds {
    const facts = this.#nodes.get(nodeId);
    if (facts === undefined) return this.ofSubnet;
    const told = this.#told.get(nodeId) ?? this.#tell(facts);
    this.#told.set(nodeId, told);
    return told;
  }

  /** Says what was said before in the same object: whoever made something of it need not make it again. */
  keepFrom(before: RoundsRecord): void {
    if (toWire(before.ofSubnet) === toWire(this.ofSubnet)) this.#plain = before.ofSubnet;
    for (const nodeId of this.#nodes.keys()) {
      const old = before.of(nodeId);
      if (toWire(old) === toWire(this.of(nodeId))) this.#told.set(nodeId, old);
    }
  }

  #take(event: RoundEvent): void {
    if (event.event === "VerdictReached") this.#judge(event);
    else if (numberOf(event, "subnetId") !== this.#init.subnetId) return;
    else if (event.event === "InclusionShown") this.#settle(event, "included");
    else if (event.event === "AnsweredDirectly") this.#answer(event);
    else if (event.event === "RootPosted") this.#post(event);
    else this.#finalise(event);
  }

  #answer(event: RoundEvent): void {
    const round = numberOf(event, "round");
    this.#factsOf(event).answers.set(round, { round, at: event.time * MS_PER_SECOND, outcome: "open" });
  }

  #post(event: RoundEvent): void {
    const round = numberOf(event, "round");
    if (round < (this.#posted?.round ?? 0)) return;
    const [nodes, points] = [numberOf(event, "leafCount"), amountOf(event, "totalPoints")];
    this.#posted = { round, at: event.time * MS_PER_SECOND, nodes, points };
  }

  /** Rounds are counted in any order. */
  #finalise(event: RoundEvent): void {
    const round = numberOf(event, "round");
    if (round < (this.#finalised?.round ?? 0)) return;
    const [points, secondsCounted] = [amountOf(event, "points"), numberOf(event, "secondsCounted")];
    this.#finalised = { round, at: event.time * MS_PER_SECOND, points, secondsCounted };
  }

  #judge(event: RoundEvent): void {
    const [fault, subnetId, round] = [
      numberOf(event, "fault"),
      numberOf(event, "subnetId"),
      numberOf(event, "round"),
    ];
    const isOwn = subnetId === this.#init.subnetId;
    if (isConviction(event)) {
      const facts = this.#factsOf(event);
      const count = (facts.convicted?.count ?? 0) + 1;
      facts.convicted = { count, round, subnetId, at: event.time * MS_PER_SECOND };
      if (isOwn) facts.convictedIn.add(round);
    } else if (isOwn && fault === FAULTS.falseRoot) this.#void.add(round);
    else if (isOwn && fault === FAULTS.omission) this.#settle(event, "omitted");
  }

  #settle(event: RoundEvent, outcome: Answered["outcome"]): void {
    const { answers } = this.#factsOf(event);
    const answer = answers.get(numberOf(event, "round"));
    if (answer !== undefined) answers.set(answer.round, { ...answer, outcome });
  }

  #factsOf(event: RoundEvent): NodeFacts {
    const nodeId = amountOf(event, "nodeId");
    const known = this.#nodes.get(nodeId);
    if (known !== undefined) return known;
    const facts = { convicted: null, convictedIn: new Set<number>(), answers: new Map<number, Answered>() };
    this.#nodes.set(nodeId, facts);
    return facts;
  }

  #tell(facts: NodeFacts | undefined): NodeRounds {
    return {
      since: this.#init.since * MS_PER_SECOND,
      posted: this.#posted,
      result: this.#resultOf(facts),
      convicted: facts?.convicted ?? null,
      answered: newestOf(facts?.answers),
      finalised: this.#finalised,
    };
  }

  /** What weighs most comes first: docs/CAPACITY.md has the order. */
  #resultOf(facts: NodeFacts | undefined): RoundResult {
    const round = this.#posted?.round;
    if (round === undefined) return "unknown";
    const isVoid = this.#void.has(round);
    if (facts === undefined) return isVoid ? "void" : "unknown";
    if (facts.convictedIn.has(round)) return "convicted";
    const result = resultOfAnswer(facts.answers.get(round));
    return isVoid && result !== "omitted" ? "void" : result;
  }
}

function resultOfAnswer(answer: Answered | undefined): RoundResult {
  if (answer === undefined) return "unknown";
  return answer.outcome === "open" ? "answered" : answer.outcome;
}

/** Whether what is said of the node itself is the same; the subnet's figures may be others. */
export function isSameOfNode(a: NodeRounds | undefined, b: NodeRounds | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  if (a === b) return true;
  const [own, other] = [a, b].map(({ result, convicted, answered }) =>
    JSON.stringify([result, convicted, answered]),
  );
  return own === other;
}

function newestOf(answers: ReadonlyMap<number, Answered> = new Map()): Answered | null {
  return answers.get(Math.max(...answers.keys())) ?? null;
}

function amountOf(event: RoundEvent, name: string): bigint {
  return BigInt(argumentOf(event, name));
}

function numberOf(event: RoundEvent, name: string): number {
  return Number(amountOf(event, name));
}
