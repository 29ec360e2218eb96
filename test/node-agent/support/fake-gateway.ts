import { type ProtocolError } from "@fizz/protocol/errors";
import { type DoorsRequest } from "@fizz/protocol/messages";
import { type OpenedDoors } from "../../../node-agent/src/domain/stored-lease.ts";
import { type GatewayLink } from "../../../node-agent/src/ports.ts";

/** A gateway that gives numbers from 30000 on, the same ones to the same door. */
export class FakeGateway implements GatewayLink {
  current: number | undefined = 1;
  failure: ProtocolError | undefined;
  readonly asked: DoorsRequest[] = [];

  session(): number | undefined {
    return this.current;
  }
  subnetId(): number | undefined {
    return this.current === undefined ? undefined : 1;
  }
  async openDoors(request: DoorsRequest): Promise<OpenedDoors> {
    await Promise.resolve();
    if (this.failure !== undefined) throw this.failure;
    this.asked.push(request);
    const endpoints = request.doors.map(({ service, replica, port, protocol }, index) => {
      const publicPort = 30_000 + index;
      return { service, replica, port, protocol, host: "gw", publicPort, url: `http://gw:${publicPort}` };
    });
    return { host: "gw", endpoints, heldElsewhere: [] };
  }
}
