export {
  addressOfPeerId,
  addressOfPublicKey,
  peerIdOfPublicKey,
  publicKeyOfPeerId,
  publicKeyOfPrivateKey,
} from "./peer-identity.ts";
