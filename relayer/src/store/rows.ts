import { chainLeaseStates } from "@fizz/protocol/chain";
import { doorRequestSchema, fromWire, routeSchema } from "@fizz/protocol/messages";
import { type Hex } from "viem";
import { type Door, type LeaseDoors } from "../ports.ts";
import { type doors, type hostClaims, type leases, type routes } from "./schema.ts";

const routedDoorSchema = doorRequestSchema.extend({ route: routeSchema });

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

/** Rows of all leases, in the order in which they are given out. */
export interface LeaseRows {
  readonly doors: readonly DoorRow[];
  readonly routes: readonly (typeof routes.$inferSelect)[];
  readonly claims: readonly (typeof hostClaims.$inferSelect)[];
}

/** Joins leases with what they have. */
export function allLeaseDoors(
  leaseRows: readonly (typeof leases.$inferSelect)[],
  { doors, routes, claims }: LeaseRows,
): LeaseDoors[] {
  const [doorsBy, routesBy, claimsBy] = [byLease(doors), byLease(routes), byLease(claims)];
  return leaseRows.map((lease) => {
    const of = <Row>(rows: ReadonlyMap<string, Row[]>): Row[] => rows.get(lease.leaseHash) ?? [];
    return leaseDoorsOf(lease, { doors: of(doorsBy), routes: of(routesBy), claims: of(claimsBy) });
  });
}

function byLease<Row extends { readonly leaseHash: string }>(rows: readonly Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, ({ leaseHash }) => leaseHash);
}

function leaseDoorsOf(lease: typeof leases.$inferSelect, { doors, routes, claims }: LeaseRows): LeaseDoors {
  return {
    leaseHash: lease.leaseHash as Hex,
    lid: BigInt(lease.lid),
    nodeId: BigInt(lease.nodeId),
    // A state that this version does not know keeps the doors shut until the chain is heard.
    lastState: chainLeaseStates.find((state) => state === lease.lastState) ?? "none",
    doors: doors.map(doorOf),
    routes: routes.map(({ body }) => fromWire(routedDoorSchema, body)),
    claims: claims.map(({ name, since }) => ({ name, since })),
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
