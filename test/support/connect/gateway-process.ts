/** A gateway as a process of its own: `node gateway-process.ts <listen multiaddr>`. Answers `bytes` with what it relayed. */
import { recordGatewayView } from "./gateway-view.ts";
import { startConnectGateway } from "./parts.ts";
import { answerLines, say } from "./say.ts";

const listen = process.argv[2] ?? "";
const gateway = await startConnectGateway([listen]);
const view = recordGatewayView(gateway.host);
say({ address: `${listen}/p2p/${gateway.host.peerId.toString()}` });
await answerLines(() => ({ bytes: view.bytes }));
