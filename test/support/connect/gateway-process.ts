/** A gateway as a process of its own: `node gateway-process.ts <listen multiaddr>`. Answers each line with what it relayed, and its nodes. */
import { recordGatewayView } from "./gateway-view.ts";
import { NODE_ID, startConnectGateway } from "./parts.ts";
import { answerLines, say } from "./say.ts";

const listen = process.argv[2] ?? "";
const gateway = await startConnectGateway([listen]);
const view = recordGatewayView(gateway.host);
say({ address: `${listen}/p2p/${gateway.host.peerId.toString()}` });
await answerLines(() => ({
  bytes: view.bytes,
  online: gateway.nodes.onlineCount(),
  rttMs: gateway.tunnelLinks.rttMs(NODE_ID),
}));
