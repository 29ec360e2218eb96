import { type LeaseRecord } from "../domain/lease-record.ts";
import { type Action } from "../domain/plan-facts.ts";
import { type Chain } from "../ports.ts";
import { type LeaseLog } from "./lease-log.ts";

const types = ["confirm-start", "decline", "confirm-update", "decline-update", "close-exhausted"] as const;
export type ChainAction = Extract<Action, { type: (typeof types)[number] }>;

export function isChainAction(action: Action): action is ChainAction {
  return types.some((type) => type === action.type);
}

/** The steps of a plan that are transactions, each with its events. @throws ProtocolError as Chain */
export async function performOnChain(
  action: ChainAction,
  lease: LeaseRecord,
  { chain, log }: { readonly chain: Chain; readonly log: LeaseLog },
): Promise<void> {
  switch (action.type) {
    case "confirm-start":
      log.step("network.applying");
      log.step("network.applied");
      await chain.confirmStart(lease);
      log.confirmed(lease.lid);
      log.step("deployment.started");
      break;
    case "decline": {
      const { reason } = action;
      await chain.decline(lease, reason);
      log.add({ code: "deployment.failed", message: "Deployment failed", data: { reason } });
      log.add({ code: "lease.declined", message: `Lease declined: ${reason}`, data: { reason } });
      break;
    }
    case "confirm-update": {
      await chain.confirmUpdate(lease, action);
      log.updated(action.version);
      break;
    }
    case "decline-update": {
      const { version, reason } = action;
      await chain.declineUpdate(lease, action);
      const message = `Version ${version} declined: ${reason}; the old version runs on`;
      log.add({ code: "update.declined", message, data: { version, reason } });
      break;
    }
    case "close-exhausted":
      await chain.closeExhausted(lease);
      break;
  }
}
