/**
 * `node idle-agents.ts <json>`: many nodes' sessions with one gateway, with host, hello, a pulse a minute, tunnel
 * link and relay reservation, and nothing to carry. Says so when all are welcomed.
 */
import { setTimeout as delay } from "node:timers/promises";
import { ProtocolError } from "@fizz/protocol/errors";
import { GatewaySession } from "../../../node-agent/src/p2p/gateway-session.ts";
import { serveTunnelLink } from "../../../node-agent/src/p2p/tunnel-link.ts";
import { systemClock } from "../../../node-agent/src/system-clock.ts";
import { type TunnelTargets } from "../../../node-agent/src/ports.ts";
import { idlePulsing } from "../../../test/node-agent/support/memory-pulses.ts";
import { silentLog } from "../../../test/node-agent/support/silent-log.ts";
import { MARKET, offer, SLASHER } from "../../../test/relayer/support/builders.ts";
import { serveFigures } from "./figures.ts";
import { idleNode, type IdleAgentsInit } from "./plans.ts";
import { sayReady } from "./ready.ts";

/** Connected at the same time by this process; the gateway takes 100 new connections a second from one address. */
const AT_ONCE = 8;
const TRIES = 10;
const RETRY_MS = 2_000;

const NO_TARGETS: TunnelTargets = {
  locate: () => Promise.reject(new ProtocolError("LEASE_NOT_FOUND", "This node serves nothing.")),
};

const { gateway, first, count } = JSON.parse(process.argv[2] ?? "{}") as IdleAgentsInit;
const counts = { online: 0, lost: 0, retried: 0, pulses: 0 };
/** Counts pulses that the gateway has signed. */
const store = {
  append: (): void => {
    counts.pulses += 1;
  },
};

async function connect(index: number): Promise<void> {
  for (let left = TRIES; ; left -= 1) {
    const session = sessionOf(index);
    try {
      const { run } = await session.open();
      counts.online += 1;
      void run().finally(() => {
        counts.online -= 1;
        counts.lost += 1;
      });
      return;
    } catch (error) {
      await session.close();
      if (left === 0) throw error;
      counts.retried += 1;
      await delay(RETRY_MS);
    }
  }
}

function sessionOf(index: number): GatewaySession {
  const { nodeId, key } = idleNode(index);
  return new GatewaySession(
    {
      clock: systemClock,
      log: silentLog,
      offer: () => Promise.resolve(offer()),
      pulsing: idlePulsing({ key, nodeId: BigInt(nodeId), slasher: SLASHER }, store),
      serve: (host, signal) => {
        const context = { log: silentLog, gatewayPeer: gateway.peerId, signal };
        return serveTunnelLink(host, { targets: NO_TARGETS, context });
      },
    },
    {
      privateKey: key,
      gatewayPeer: gateway.peerId,
      subnetId: 1,
      multiaddrs: gateway.multiaddrs.filter((address) => !address.includes("/ws")),
      hello: { agentVersion: "0.1.0", chainId: 31_337, market: MARKET, nodeId: BigInt(nodeId) },
    },
  );
}

let next = first;
const workers = Array.from({ length: AT_ONCE }, async () => {
  for (let index = next++; index < first + count; index = next++) await connect(index);
});
const figuresPort = await serveFigures(() => counts);
await Promise.all(workers);
sayReady({ figuresPort });
