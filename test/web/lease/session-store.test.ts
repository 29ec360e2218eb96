import { publicKeyOfPrivateKey } from "@fizz/protocol/identity";
import { expect } from "chai";
import { type Hex, zeroAddress, zeroHash } from "viem";
import { generatePrivateKey } from "viem/accounts";
import {
  findSession,
  removeSession,
  saveSession,
  type Session,
} from "../../../web/src/features/lease/session-store.ts";
import { MemoryStorage } from "../support/memory-storage.ts";

const NOW = 1_000_000;

describe("session store", () => {
  it("gives a session back as it was", () => {
    const storage = new MemoryStorage();
    const session = makeSession(NOW + 3_600);
    saveSession(storage, session);
    expect(findSession(storage, zeroHash, NOW)).to.deep.equal(session);
  });
  it("forgets a session that is about to end, with its key", () => {
    const storage = new MemoryStorage();
    saveSession(storage, makeSession(NOW + 30));
    expect(findSession(storage, zeroHash, NOW)).to.equal(undefined);
    expect(storage.length).to.equal(0);
  });
  it("forgets on demand", () => {
    const storage = new MemoryStorage();
    saveSession(storage, makeSession(NOW + 3_600));
    removeSession(storage, zeroHash);
    expect(findSession(storage, zeroHash, NOW)).to.equal(undefined);
  });
  it("does not take what is not a session", () => {
    const storage = new MemoryStorage();
    storage.setItem(`fizz.session.${zeroHash}`, '{"privateKey":"0x12","signed":{}}');
    expect(findSession(storage, zeroHash, NOW)).to.equal(undefined);
  });
});

function makeSession(expiresAt: number): Session {
  const privateKey = generatePrivateKey();
  const sessionKey = publicKeyOfPrivateKey(privateKey);
  const signature: Hex = `0x${"11".repeat(65)}`;
  const scopes = "status logs events";
  const grant = { tenant: zeroAddress, nodeId: 7n, leaseHash: zeroHash, sessionKey, scopes, expiresAt };
  return { privateKey, signed: { grant, signature } };
}
