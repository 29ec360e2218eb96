import { type ErrorCode } from "@fizz/protocol/errors";
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import { type HttpLimit, type HttpMeter } from "../http-ports.ts";
import { type RelayMeter, type RelayOutcome, type RelayStatus } from "../request-ports.ts";
import { type HistoryStatus } from "../history-ports.ts";
import { type CertificateMeter, type OrderOutcome } from "../certificate-ports.ts";
import { type TunnelFailure } from "../domain/tunnel-failure.ts";
import {
  type Carried,
  type ChainHealth,
  type DataLinkOutcome,
  type DoorLimit,
  type LinkEnd,
  type Meter,
} from "../ports.ts";
import { TrafficCounts } from "./traffic-counts.ts";

/** What is counted when somebody asks. */
export interface Readings {
  doors(): { readonly leases: number; readonly doors: number; readonly connections: number };
  nodesOnline(): number;
  chain(): Pick<ChainHealth, "reachable" | "head" | "lastSeenAt">;
  isDraining(): boolean;
}

/** 0 before the first answer: chain_reachable tells that. */
function secondsSince(time: number | null): number {
  return time === null ? 0 : Math.max(0, (Date.now() - time) / 1_000);
}

/** What the routed doors count, by label. */
export interface RoutedCounts {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly guards: Readonly<Record<string, number>>;
}

/** What the ordered certificates count. */
export interface CertificateCounts {
  readonly shown: number;
  readonly leftOut: number;
  /** Unix seconds; undefined when there is none. */
  readonly soonestEnd: number | undefined;
}

/** Metrics in Prometheus' text format; names begin with fizz_gateway_. */
export class PromMeter implements Meter, HttpMeter, CertificateMeter, RelayMeter {
  readonly #registry = new Registry();
  readonly #traffic = new TrafficCounts(this.#registry);
  readonly #refused = this.#counter(
    "connections_refused_total",
    "Public connections, and senders of datagrams, that a limit kept out.",
    ["limit"],
  );
  readonly #failed = this.#counter(
    "connections_failed_total",
    "Public connections, and senders of datagrams, for whom the node opened no way, by reason.",
    ["protocol", "reason"],
  );
  readonly #silenced = this.#counter(
    "connections_silent_total",
    "TCP connections that were ended since they carried nothing for too long.",
  );
  readonly #strays = this.#counter(
    "stray_streams_total",
    "Streams that a peer opened though nobody asked for them; they are refused.",
  );
  readonly #throttled = this.#counter(
    "throttled_total",
    "Times that a connection waited, or a datagram was lost, for the bandwidth of its lease.",
    ["protocol"],
  );
  readonly #linksEnded = this.#counter(
    "links_ended_total",
    "Tunnel and data links to nodes that ended: closed, silence, or violation of the protocol.",
    ["reason"],
  );
  readonly #dataLinks = this.#counter(
    "data_links_total",
    "Data links that nodes were asked for: opened, or failed. Connections that no node was asked for: refused.",
    ["outcome"],
  );
  readonly #pulses = this.#counter("pulses_total", "Pulses of nodes: signed, or the code of the refusal.", [
    "result",
  ]);
  readonly #ordered = this.#counter(
    "certificate_orders_total",
    "Orders of certificates, by outcome: issued, refused, or unreachable.",
    ["outcome"],
  );

  readonly #relayed = this.#counter("relayed_requests_total", "Relayed requests and their transactions.", [
    "outcome",
  ]);
  readonly #relayPaid = this.#counter(
    "relay_paid_wei_total",
    "What settled transactions of relayed requests took from the key.",
  );
  readonly #limited = this.#counter(
    "calls_limited_total",
    "Calls of the HTTP API that a limit of one address or one wallet kept out.",
    ["limit"],
  );
  readonly #relayRefused = this.#counter(
    "relayed_requests_refused_total",
    "Requests that were not taken, by the code of the refusal.",
    ["code"],
  );

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  #counter<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ): Counter<Label> {
    return new Counter({ name: `fizz_gateway_${name}`, help, labelNames, registers: [this.#registry] });
  }

  opened(protocol: Carried): void {
    this.#traffic.opened(protocol);
  }

  refused(limit: DoorLimit): void {
    this.#refused.inc({ limit });
  }

  failed(protocol: Carried, reason: TunnelFailure = "other"): void {
    this.#failed.inc({ protocol, reason });
  }

  strayStream(): void {
    this.#strays.inc();
  }

  silenced(): void {
    this.#silenced.inc();
  }

  throttled(protocol: Carried): void {
    this.#throttled.inc({ protocol });
  }

  carried(protocol: Carried, bytes: { readonly toContainer: number; readonly toPublic: number }): void {
    this.#traffic.carried(protocol, bytes);
  }

  linkEnded(reason: LinkEnd): void {
    this.#linksEnded.inc({ reason });
  }

  dataLink(outcome: DataLinkOutcome): void {
    this.#dataLinks.inc({ outcome });
  }

  pulsed(result: "signed" | ErrorCode): void {
    this.#pulses.inc({ result });
  }

  ordered(outcome: OrderOutcome): void {
    this.#ordered.inc({ outcome });
  }

  relayed(outcome: RelayOutcome): void {
    this.#relayed.inc({ outcome });
  }

  relayPaid(wei: bigint): void {
    this.#relayPaid.inc(Number(wei));
  }

  relayRefused(code: ErrorCode): void {
    this.#relayRefused.inc({ code });
  }

  limited(limit: HttpLimit): void {
    this.#limited.inc({ limit });
  }

  /** Adds the key that pays for relayed requests. */
  watchRelayed(read: () => RelayStatus | undefined): void {
    this.#watchAll([
      ["relay_balance_wei", "Coins of the key that pays.", () => Number(read()?.balance ?? NaN)],
      ["relay_low", "1 while these are too few for new requests.", () => Number(read()?.isLow ?? false)],
      ["relay_queued", "Relayed requests that wait.", () => read()?.queued ?? 0],
      ["relay_in_flight", "Transactions of the key that are not settled.", () => read()?.inFlight ?? 0],
      ["relay_day_requests", "Relayed requests of the last 24 hours.", () => read()?.requests ?? 0],
      ["relay_day_gas", "Their gas.", () => Number(read()?.gas ?? 0)],
    ]);
  }

  /** Adds how far the history of the chain is. */
  watchHistory(read: () => HistoryStatus): void {
    this.#watchAll([
      [
        "history_block",
        "Block up to which the history goes; 0 before the first.",
        () => Number(read().block ?? 0),
      ],
      ["history_lag_blocks", "Blocks from there to the head.", () => read().lag ?? NaN],
      ["history_events", "Kept events.", () => read().events],
      ["history_indexing", "1 in the process that writes the history.", () => Number(read().indexing)],
      ["history_reorganisations", "Reorganisations that it followed.", () => read().reorganisations],
    ]);
  }

  /** Adds what is read at each scrape. */
  watch(readings: Readings): void {
    const gauges: readonly (readonly [name: string, help: string, read: () => number])[] = [
      ["leases", "Leases with open doors.", () => readings.doors().leases],
      ["doors", "Open public ports.", () => readings.doors().doors],
      ["connections", "Public connections now.", () => readings.doors().connections],
      ["nodes_online", "Nodes that are connected.", () => readings.nodesOnline()],
      ["chain_reachable", "1 while the chain answers.", () => Number(readings.chain().reachable)],
      [
        "chain_silence_seconds",
        "Time since the chain answered.",
        () => secondsSince(readings.chain().lastSeenAt),
      ],
      ["draining", "1 while the gateway takes nothing new.", () => Number(readings.isDraining())],
      ["chain_head", "Newest block that was seen.", () => Number(readings.chain().head ?? 0)],
    ];
    this.#watchAll(gauges);
  }

  /** Adds the ordered certificates. */
  watchCertificates(counts: () => CertificateCounts): void {
    this.#watchAll([
      ["certificates", "Ordered certificates that are shown.", () => counts().shown],
      ["certificate_names_left_out", "Names without a place for a certificate.", () => counts().leftOut],
      [
        "certificate_expiry_timestamp_seconds",
        "When the first ordered certificate of a name in use ends; not a number without one.",
        () => counts().soonestEnd ?? NaN,
      ],
    ]);
  }

  #watchAll(gauges: readonly (readonly [name: string, help: string, read: () => number])[]): void {
    for (const [name, help, read] of gauges)
      new Gauge({
        name: `fizz_gateway_${name}`,
        help,
        registers: [this.#registry],
        collect() {
          this.set(read());
        },
      });
  }

  /** Adds the requests of the routed doors, which are counted elsewhere. */
  watchRouted(counts: RoutedCounts): void {
    const rows = [
      {
        name: "fizz_gateway_http_requests_total",
        help: "Requests by host name, by the class of their answer.",
        label: "outcome",
        read: () => counts.outcomes,
      },
      {
        name: "fizz_gateway_http_refused_total",
        help: "Requests and connections by host name that a guard kept out.",
        label: "guard",
        read: () => counts.guards,
      },
    ];
    for (const { name, help, label, read } of rows)
      new Counter({
        name,
        help,
        labelNames: [label],
        registers: [this.#registry],
        collect() {
          this.reset();
          for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
        },
      });
  }

  async text(): Promise<{ readonly contentType: string; readonly body: string }> {
    return { contentType: this.#registry.contentType, body: await this.#registry.metrics() };
  }
}
