import { type DoorRouter } from "../../../relayer/src/ports.ts";
import { type HostRouterInit } from "../../../relayer/src/routing/host-router.ts";

/** What a gateway without host names answers to an order. */
export const UNROUTED: Pick<DoorRouter, "serves" | "isReserved"> = {
  serves: () => false,
  isReserved: () => false,
};

/** A router that serves nothing by host name. */
export const NO_HOSTS: HostRouterInit = { host: "127.0.0.1", domain: "", httpPort: undefined, ownNames: [] };
