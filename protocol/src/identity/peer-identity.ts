import { secp256k1 } from "@noble/curves/secp256k1.js";
import { base58btc } from "multiformats/bases/base58";
import { type Address, bytesToHex, getAddress, type Hex } from "viem";
import { privateKeyToAccount, publicKeyToAddress } from "viem/accounts";
import { ProtocolError } from "../errors/index.ts";

/**
 * A libp2p peer id of a secp256k1 key is the identity multihash of its protobuf public key
 * (libp2p specs, peer-ids): code 0x00, length 37, field 1 = key type 2, field 2 = 33 bytes.
 */
const PEER_ID_PREFIX = Uint8Array.of(0x00, 0x25, 0x08, 0x02, 0x12, 0x21);
const COMPRESSED_KEY_LENGTH = 33;

/** Peer id text of a secp256k1 public key. @param publicKey 33 or 65 bytes of hex. */
export function peerIdOfPublicKey(publicKey: Hex): string {
  const point = secp256k1.Point.fromHex(publicKey.slice(2));
  const id = new Uint8Array(PEER_ID_PREFIX.length + COMPRESSED_KEY_LENGTH);
  id.set(PEER_ID_PREFIX);
  id.set(point.toBytes(true), PEER_ID_PREFIX.length);
  return base58btc.baseEncode(id);
}

/**
 * Compressed public key inside a peer id.
 *
 * @param peerId Base58 text of a secp256k1 peer id.
 * @throws ProtocolError IDENTITY_UNKNOWN when it is of another kind of key.
 */
export function publicKeyOfPeerId(peerId: string): Hex {
  const id = decode(peerId);
  const matches =
    id.length === PEER_ID_PREFIX.length + COMPRESSED_KEY_LENGTH &&
    PEER_ID_PREFIX.every((byte, index) => id[index] === byte);
  if (!matches) throw new ProtocolError("IDENTITY_UNKNOWN", `${peerId} is not the id of a secp256k1 key.`);
  return bytesToHex(id.slice(PEER_ID_PREFIX.length));
}

/** Ethereum address of the key behind a peer id. @throws ProtocolError IDENTITY_UNKNOWN */
export function addressOfPeerId(peerId: string): Address {
  return addressOfPublicKey(publicKeyOfPeerId(peerId));
}

/** Ethereum address of a public key. @param publicKey 33 or 65 bytes of hex. */
export function addressOfPublicKey(publicKey: Hex): Address {
  const point = secp256k1.Point.fromHex(publicKey.slice(2));
  return getAddress(publicKeyToAddress(bytesToHex(point.toBytes(false))));
}

/** Compressed public key (33 bytes) of a private key. @param privateKey 32 bytes of hex. */
export function publicKeyOfPrivateKey(privateKey: Hex): Hex {
  // By viem, which signs with the key as well: the tables that a first multiplication makes are made once, not twice.
  const point = secp256k1.Point.fromHex(privateKeyToAccount(privateKey).publicKey.slice(2));
  return bytesToHex(point.toBytes(true));
}

function decode(peerId: string): Uint8Array {
  try {
    return base58btc.baseDecode(peerId);
  } catch (cause) {
    throw new ProtocolError("IDENTITY_UNKNOWN", `"${peerId}" is not a peer id.`, { cause });
  }
}
