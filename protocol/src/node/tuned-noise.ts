import { type ConnectionEncrypter, type MessageStream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { noiseCrypto } from "./noise-crypto.ts";

/** Messages below leave in one piece: a copy costs less than a system call. */
const JOIN_BELOW_BYTES = 16 * 1024;

type Components = Parameters<ReturnType<typeof noise>>[0];

/**
 * Noise for daemons: with {@link noiseCrypto}, and small messages in one write each. The library hands over length and
 * ciphertext as two pieces, which leave in two packets and are read in two turns, at three times the cost for a ping.
 */
export function tunedNoise(): (components: Components) => ConnectionEncrypter {
  const create = noise({ crypto: noiseCrypto });
  return (components) => {
    const encrypter: ConnectionEncrypter = create(components);
    const inbound = encrypter.secureInbound.bind(encrypter);
    const outbound = encrypter.secureOutbound.bind(encrypter);
    return Object.assign(encrypter, {
      secureInbound: (...[stream, options]: Parameters<typeof inbound>) => inbound(joined(stream), options),
      secureOutbound: (...[stream, options]: Parameters<typeof outbound>) =>
        outbound(joined(stream), options),
    });
  };
}

function joined<Connection extends MessageStream>(stream: Connection): Connection {
  const send = stream.send.bind(stream);
  stream.send = (data) =>
    send(data instanceof Uint8Array || data.byteLength >= JOIN_BELOW_BYTES ? data : data.subarray());
  return stream;
}
