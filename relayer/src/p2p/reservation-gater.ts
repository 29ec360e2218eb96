import { type ConnectionGater } from "@libp2p/interface";
import { type NodeLinks } from "./node-links.ts";

/** A node asks for its relay reservation right after it connects: its hello may still be under way. */
const ADMISSION_WAIT_MS = 8_000;

/** Only admitted nodes are relayed to. Anyone may dial them through the gateway: the node itself decides what it serves. */
export function reservationGater(links: NodeLinks): ConnectionGater {
  return {
    denyInboundRelayReservation: async (peer) =>
      !(await links.whenAdmitted(peer.toString(), ADMISSION_WAIT_MS)),
  };
}
