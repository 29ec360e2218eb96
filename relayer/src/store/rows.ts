import { chainLeaseStates } from "@fizz/protocol/chain";
import { type Hex } from "viem";
import { type Door, type LeaseDoors } from "../ports.ts";
import { type doors, type leases } from "./schema.ts";

type DoorRow = typeof doors.$inferSelect;

export function doorRowOf(leaseHash: Hex, door: Door, position: number): DoorRow {
  const { service, replica, port, protocol, publicPort } = door;
  return {
    leaseHash,
    service,
    replica,
    port,
    protocol,
    publicPort,
    position,
    wish: door.wish ?? null,
    doorGroup: door.group ?? null,
    proxyProtocol: door.proxyProtocol ?? null,
  };
}

export function leaseDoorsOf(lease: typeof leases.$inferSelect, rows: readonly DoorRow[]): LeaseDoors {
  return {
    leaseHash: lease.leaseHash as Hex,
    lid: BigInt(lease.lid),
    nodeId: BigInt(lease.nodeId),
    // A state that this version does not know keeps the doors shut until the chain is heard.
    lastState: chainLeaseStates.find((state) => state === lease.lastState) ?? "none",
    doors: rows.filter((row) => row.leaseHash === lease.leaseHash).map(doorOf),
  };
}

function doorOf({
  service,
  replica,
  port,
  protocol,
  publicPort,
  wish,
  doorGroup,
  proxyProtocol,
}: DoorRow): Door {
  return {
    service,
    replica,
    port,
    protocol,
    publicPort,
    ...(wish === null ? {} : { wish }),
    ...(doorGroup === null ? {} : { group: doorGroup }),
    ...(proxyProtocol === null ? {} : { proxyProtocol }),
  };
}
