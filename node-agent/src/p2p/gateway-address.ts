import { peerOf } from "@fizz/protocol/direct";
import { ProtocolError } from "@fizz/protocol/errors";
import { type Libp2p } from "@libp2p/interface";

const TCP_ADDRESS = /^\/[a-z0-9]+\/([^/]+)\/tcp\/\d+\/p2p\//;

/** The address by which the node reaches its gateway now. @throws ProtocolError GATEWAY_UNREACHABLE */
export function gatewayAddressOf(
  host: Pick<Libp2p, "getConnections">,
  gatewayPeer: string,
): { readonly address: string; readonly host: string } {
  const link = host.getConnections().find(({ remotePeer }) => remotePeer.toString() === gatewayPeer);
  const address = link?.remoteAddr.toString() ?? "";
  const name = TCP_ADDRESS.exec(address)?.[1];
  if (peerOf(address) === gatewayPeer && name !== undefined) return { address, host: name };
  throw new ProtocolError("GATEWAY_UNREACHABLE", "The node reaches its gateway in another way than TCP.");
}
