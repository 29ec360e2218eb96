import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProtocolError } from "@fizz/protocol/errors";
import { expect } from "chai";
import { type OrderedCertificate } from "../../../relayer/src/certificate-ports.ts";
import { type OrderHistory } from "../../../relayer/src/domain/order-history.ts";
import { newKey } from "../../../relayer/src/routing/certificates/account-key.ts";
import { orderedCertificate } from "../../../relayer/src/routing/certificates/ordered-certificate.ts";
import { OrderedFiles } from "../../../relayer/src/routing/certificates/ordered-files.ts";
import { selfSignedPair } from "../../../relayer/src/routing/certificates/self-signed.ts";
import { moveCertificates } from "../../../relayer/src/services/move-certificates.ts";
import { memoryLogger } from "../support/builders.ts";

const NONE: OrderHistory = { begun: [], failures: new Map() };
const HISTORY = { begun: [1, 2], failures: [["b.test", { count: 2, retryAt: 5 }]] };

describe("ordered certificates that an earlier version left in files", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fizz-ordered-test-"));
    mkdirSync(join(folder, "certificates"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("are moved into the store with the count of orders and the account, and are gone from the disk", async () => {
    const { move, stored, logger, at } = setup();
    const certificate = await put("a.test");
    const key = newKey();
    writeFileSync(at("account.key"), key);
    writeFileSync(at("orders.json"), JSON.stringify(HISTORY));
    await move();
    expect([...stored.certificates.values()]).to.deep.equal([certificate]);
    expect(stored.history).to.deep.equal({
      begun: [1, 2],
      failures: new Map([["b.test", { count: 2, retryAt: 5 }]]),
    });
    expect(stored.account).to.equal(key);
    expect([
      readdirSync(at("certificates")),
      existsSync(at("account.key")),
      existsSync(at("orders.json")),
    ]).to.deep.equal([[], false, false]);
    await move();
    expect(logger.events, "once").to.deep.equal(["certificates.moved"]);
  });

  it("do not replace what the store has", async () => {
    const { move, stored } = setup();
    const old = await put("a.test");
    const newer = { ...old, directory: "https://newer.test/dir" };
    stored.certificates.set("a.test", newer);
    stored.history = { begun: [9], failures: new Map() };
    await move();
    expect(stored.certificates.get("a.test")).to.equal(newer);
    expect(stored.history.begun).to.deep.equal([9]);
  });

  it("stay where they are while the store cannot be written", async () => {
    const { move, stored, logger, at } = setup();
    await put("a.test");
    stored.isAway = true;
    await move();
    expect(readdirSync(at("certificates"))).to.deep.equal(["a.test.pem"]);
    expect(logger.events).to.deep.equal(["certificates.move.failed"]);
  });

  it("are left, and told, when they are broken, of another name, or of another key; the others are moved", async () => {
    const { move, stored, at, logger } = setup();
    const good = await put("a.test");
    const { cert } = await made("b.test");
    const whole = textOf(good);
    const broken = {
      cut: whole.slice(0, whole.length / 2),
      empty: "",
      www: whole,
      key: textOf({ ...good, cert }),
    };
    for (const [name, text] of Object.entries(broken))
      writeFileSync(at(`certificates/${name}.test.pem`), text);
    writeFileSync(at("certificates/a.test.pem.new"), "left by a crash");
    writeFileSync(at("account.key"), "broken");
    writeFileSync(at("orders.json"), "x".repeat(5 * 1024 * 1024));
    await move();
    expect([...stored.certificates.keys()]).to.deep.equal(["a.test"]);
    expect(logger.events.filter((event) => event === "certificate.broken")).to.have.length(6);
    expect(readdirSync(at("certificates"))).to.have.length(5);
  });

  it("keep nothing from starting when their folder cannot be listed", async () => {
    const { move, at, logger } = setup();
    rmSync(at("certificates"), { recursive: true });
    writeFileSync(at("certificates"), "a file");
    await move();
    expect(logger.events).to.deep.equal(["certificate.broken"]);
  });

  function setup() {
    const logger = memoryLogger();
    const stored = {
      certificates: new Map<string, OrderedCertificate>(),
      history: NONE,
      account: undefined as string | undefined,
      isAway: false,
    };
    const write = async (change: () => void): Promise<void> => {
      await Promise.resolve();
      if (stored.isAway) throw new ProtocolError("STORE_FAILED", "away");
      change();
    };
    const shelf = {
      load: () =>
        Promise.resolve({ certificates: [...stored.certificates.values()], history: stored.history }),
      save: (certificate: OrderedCertificate) =>
        write(() => stored.certificates.set(certificate.name, certificate)),
      saveHistory: (history: OrderHistory) => write(() => (stored.history = history)),
    };
    const keepAccount = (key: string): Promise<void> => write(() => (stored.account = key));
    const move = (): Promise<void> =>
      moveCertificates({ files: new OrderedFiles(logger, folder), shelf, keepAccount, logger });
    return { logger, stored, move, at: (path: string) => join(folder, path) };
  }

  async function put(name: string): Promise<OrderedCertificate> {
    const certificate = await made(name);
    writeFileSync(join(folder, "certificates", `${name}.pem`), textOf(certificate));
    return certificate;
  }

  async function made(name: string): Promise<OrderedCertificate> {
    const pair = await selfSignedPair({ path: join(folder, "made", name), domain: name, now: Date.now() });
    return orderedCertificate({ name, directory: "https://ca.test/dir", ...pair });
  }

  function textOf({ directory, key, cert }: OrderedCertificate): string {
    return `Directory: ${directory}\n${key}${cert}`;
  }
});
