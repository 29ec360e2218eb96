/** A node whose "container" echoes, as a process of its own: `node node-process.ts <gateway multiaddr>`. */
import { startOrigin } from "../../relayer/support/tunnel-node.ts";
import { startConnectNode } from "./parts.ts";
import { answerLines, say } from "./say.ts";

const origin = await startOrigin((socket) => socket.pipe(socket));
const node = await startConnectNode({
  gateway: process.argv[2] ?? "",
  container: () => ({ host: "127.0.0.1", port: origin.port }),
  directRule: "private",
});
say({ peerId: node.peerId });
await answerLines(() => ({ isConnected: node.isConnected() }));
