import { type ConnectionEncrypter, type MessageStream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { type Uint8ArrayList } from "uint8arraylist";
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
      secureInbound: async (...[stream, options]: Parameters<typeof inbound>) =>
        calm(await inbound(joined(stream), options)),
      secureOutbound: async (...[stream, options]: Parameters<typeof outbound>) =>
        calm(await outbound(joined(stream), options)),
    });
  };
}

function joined<Connection extends MessageStream>(stream: Connection): Connection {
  const send = stream.send.bind(stream);
  stream.send = (data) =>
    send(data instanceof Uint8Array || data.byteLength >= JOIN_BELOW_BYTES ? data : data.subarray());
  return stream;
}

const LENGTH_BYTES = 2;
/** Of a message that is longer than what may be there when not even its length is. */
const LONGER_MESSAGE_BYTES = 65_535;

/**
 * The library asks for the length of the next message after each one, and is answered by an error with a stack trace: an
 * eighth of what an idle node costs, and half of that when it is always the same one. Here it is told to wait for more.
 */
function calm<Secured extends { readonly connection: object }>(secured: Secured): Secured {
  const { decoder } = secured.connection as { readonly decoder?: { lengthDecoder?: unknown } };
  if (typeof decoder?.lengthDecoder === "function")
    decoder.lengthDecoder = (data: Uint8ArrayList): number => {
      if (data.byteLength < LENGTH_BYTES) return LONGER_MESSAGE_BYTES;
      return data.getUint16(0);
    };
  return secured;
}
