import { type DirectRule } from "@fizz/protocol/direct";
import { type ResourceVector } from "@fizz/protocol/manifest";
import {
  type ContractAddresses,
  type DiskMethod,
  type Machine,
  type PriceList,
} from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { type EngineInit } from "./app-engine.ts";
import { type ImagePartsInit } from "./app-images.ts";
import { type UpdateInit } from "./app-updates.ts";
import { type ChainClients } from "./chain/clients.ts";
import { type Calendar } from "./domain/calendar.ts";
import { type RelayMode } from "./domain/relay-mode.ts";
import { type Logger } from "./observability/logger.ts";
import { type Pricing } from "./owner-ports.ts";
import { type StateDatabase } from "./store/state-database.ts";

export interface AppComponents {
  readonly chain: ChainClients;
  /** Open already; whoever opened it closes it. */
  readonly database: StateDatabase;
  readonly log: Logger;
}

export interface AppInit extends EngineInit, ImagePartsInit, UpdateInit {
  readonly operatorKey: Hex;
  readonly nodeId: bigint;
  readonly contracts: ContractAddresses;
  readonly confirmations: number;
  readonly dataDir: string;
  readonly gatewayUrl: string;
  readonly agentVersion: string;
  readonly prices: PriceList;
  readonly pricing: Pricing;
  /** When the owner needs the machine, and whether leases are then taken back. */
  readonly calendar: Calendar;
  readonly reclaims: boolean;
  readonly tokenDecimals: number;
  readonly machine: Machine;
  /** What of the registered resources the owner lends; undefined where it is all of them. */
  readonly cap?: ((registered: ResourceVector) => ResourceVector) | undefined;
  readonly maxLeases: number;
  readonly startWindowSeconds: number;
  readonly noticeSeconds: number;
  readonly missingGraceMs: number;
  /** Mebibytes of tunnel traffic between two minor garbage collections; 0 leaves them to V8. */
  readonly collectMib: number;
  readonly removeOnExit: boolean;
  /** How what containers have on disk is held to what they lease. */
  readonly diskMethod: DiskMethod;
  /** Socket of the helper that reaches containers; undefined: they are reached as they are. */
  readonly reachSocket: string | undefined;
  /** When the gateway is asked to pay for the node's calls. */
  readonly relayRequests: RelayMode;
  /** At which addresses tenants that connect directly are dialled. */
  readonly directRule: DirectRule;
}
