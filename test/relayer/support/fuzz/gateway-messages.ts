import { protocols } from "@fizz/protocol/messages";
import { NEVER_INBOUND } from "../../../../relayer/src/p2p/stray-streams.ts";
import { mutateJson } from "../../../support/fuzz/mutate.ts";
import { type Random } from "../../../support/fuzz/random.ts";
import { type FuzzSamples } from "./fuzz-samples.ts";
import { framesOf } from "./hostile-node.ts";

export type PeerMessage = readonly [protocol: string, frames: readonly unknown[]];

/**
 * First frames of what peers say to a gateway, right in every part; and one for each protocol that libp2p answers by
 * itself. What only a gateway opens is refused, whatever is in it.
 */
export function gatewayMessages(samples: FuzzSamples): PeerMessage[] {
  const { hello, update, pulse, doors, observe, ready } = samples;
  const refused = NEVER_INBOUND.map((protocol): PeerMessage => [protocol, [ready]]);
  return [
    [protocols.hello, [hello]],
    [protocols.hello, [hello, update, pulse]],
    [protocols.hello, [update]],
    [protocols.doors, [doors]],
    [protocols.doors, [doors]],
    [protocols.observe, [observe]],
    ...refused,
    ["/libp2p/circuit/relay/0.2.0/hop", [ready]],
    ["/ipfs/id/1.0.0", [ready]],
    ["/ipfs/id/push/1.0.0", [ready]],
  ];
}

/** One of them, almost right. */
export function gatewayMessage(samples: FuzzSamples, random: Random): [protocol: string, bytes: Buffer] {
  const [protocol, messages] = random.pick(gatewayMessages(samples));
  if (random.chance(0.05)) return [protocol, random.bytes(random.below(5_000))];
  const wrong = random.chance(0.8) ? mutateJson(messages, random) : messages;
  return [protocol, framesOf(Array.isArray(wrong) ? wrong : [wrong], random)];
}
