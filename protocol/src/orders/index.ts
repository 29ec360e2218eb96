export { type ComposedLease, composeLease, type LeaseInput, lockedBy } from "./compose-lease.ts";
export { composeOrder, type Order, type OrderSalts } from "./compose-order.ts";
export { faultOfTerms } from "./fault-of-terms.ts";
export { openDelivery, type OpenedDelivery, sealOrder } from "./deliveries.ts";
