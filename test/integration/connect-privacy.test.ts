import { randomBytes } from "node:crypto";
import { protocols } from "@fizz/protocol/messages";
import { expect } from "chai";
import { PortForward } from "../../cli/src/connect/port-forward.ts";
import { exchange, startOrigin } from "../relayer/support/tunnel-node.ts";
import { recordGatewayView } from "../support/connect/gateway-view.ts";
import {
  LEASE,
  openConnectSession,
  startConnectGateway,
  startConnectNode,
  TARGET,
  tcpAddress,
} from "../support/connect/parts.ts";

describe("what the gateway sees of a private connection", function () {
  this.timeout(60_000);
  const running: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0).reverse()) await stop();
  });

  it("is neither its bytes, nor the service, the port, the lease or the protocol", async () => {
    const question = `question-${randomBytes(16).toString("hex")}`;
    const answer = `answer-${randomBytes(16).toString("hex")}`;
    const origin = await startOrigin((socket) => {
      socket.on("data", () => undefined);
      socket.on("end", () => socket.end(answer.repeat(1_000)));
    });
    running.push(() => origin.stop());
    const gateway = await startConnectGateway();
    running.push(() => gateway.stop());
    const view = recordGatewayView(gateway.host);
    const address = tcpAddress(gateway);
    const container = { host: "127.0.0.1", port: origin.port };
    const node = await startConnectNode({ gateway: address, container: () => container });
    running.push(() => node.stop());
    const session = await openConnectSession(address, node.peerId);
    running.push(() => session.stop());
    const local = new PortForward({
      host: "127.0.0.1",
      port: 0,
      open: (signal) => session.connect(TARGET, signal),
      onTrouble: (error) => {
        throw error;
      },
    });
    running.push(() => local.stop());
    const sent = question.repeat(1_000);
    const heard = await exchange(await local.start(), Buffer.from(sent));
    expect(heard.toString() === answer.repeat(1_000), "it arrives").to.equal(true);

    expect(view.bytes, "it relayed all of it").to.be.above(sent.length + heard.length);
    const seen = view.text();
    expect(seen, "the record is of the gateway's own decrypted view").to.include("/noise");
    for (const secret of [
      question,
      answer,
      protocols.connect,
      TARGET.service,
      `"port":${TARGET.port}`,
      LEASE,
      LEASE.slice(2),
      "leaseHash",
      Buffer.from(LEASE.slice(2), "hex").toString("latin1"),
    ])
      expect(seen.includes(secret), secret).to.equal(false);
  });
});
