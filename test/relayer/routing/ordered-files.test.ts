import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { type OrderedCertificate } from "../../../relayer/src/certificate-ports.ts";
import { accountKey } from "../../../relayer/src/routing/certificates/account-key.ts";
import { orderedCertificate } from "../../../relayer/src/routing/certificates/ordered-certificate.ts";
import { OrderedFiles } from "../../../relayer/src/routing/certificates/ordered-files.ts";
import { selfSignedPair } from "../../../relayer/src/routing/certificates/self-signed.ts";
import { codeOf } from "../../support/code-of.ts";
import { memoryLogger } from "../support/builders.ts";

describe("ordered certificates on the disk", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fizz-ordered-test-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("are read as they were written, with the count of orders, and for this account alone", async () => {
    const { shelf, at } = setup();
    const certificate = await made("a.test");
    const failures = new Map([["b.test", { count: 2, retryAt: 5 }]]);
    shelf.save(certificate);
    shelf.saveHistory({ begun: [1, 2], failures });
    expect(setup().shelf.load()).to.deep.equal({
      certificates: [certificate],
      history: { begun: [1, 2], failures },
    });
    for (const path of ["certificates/a.test.pem", "orders.json"])
      expect(statSync(at(path)).mode & 0o777).to.equal(0o600);
    expect(statSync(at("certificates")).mode & 0o777).to.equal(0o700);
    shelf.save({ ...certificate, directory: "https://other.test/dir" });
    expect(shelf.load().certificates.map(({ directory }) => directory)).to.deep.equal([
      "https://other.test/dir",
    ]);
    expect(readdirSync(at("certificates"))).to.deep.equal(["a.test.pem"]);
    shelf.remove("a.test");
    shelf.remove("a.test");
    expect(readdirSync(at("certificates"))).to.deep.equal([]);
  });

  it("are left out and told when they are broken, of another name, or of another key; the others are read", async () => {
    const { shelf, at, logger } = setup();
    const [good, other] = [await made("a.test"), await made("b.test")];
    shelf.save(good);
    const whole = readFileSync(at("certificates/a.test.pem"), "utf8");
    writeFileSync(at("certificates/cut.test.pem"), whole.slice(0, whole.length / 2));
    writeFileSync(at("certificates/empty.test.pem"), "");
    writeFileSync(at("certificates/www.test.pem"), whole);
    shelf.save({ ...other, key: good.key });
    writeFileSync(at("certificates/a.test.pem.new"), "left by a crash");
    for (const history of ["{", '{"begun":["now"],"failures":[]}', "x".repeat(5 * 1024 * 1024)]) {
      writeFileSync(at("orders.json"), history);
      logger.events.length = 0;
      expect(shelf.load()).to.deep.equal({
        certificates: [good],
        history: { begun: [], failures: new Map() },
      });
      expect(logger.events).to.deep.equal(Array.from({ length: 5 }, () => "certificate.broken"));
    }
  });

  it("keep nothing from starting when their folder cannot be listed, or not be written", async () => {
    const { shelf, at, logger } = setup();
    writeFileSync(at("certificates"), "a file");
    expect(shelf.load().certificates).to.deep.equal([]);
    expect(logger.events).to.deep.equal(["certificate.broken"]);
    const certificate = await made("a.test");
    expect(
      await codeOf(
        Promise.resolve().then(() => {
          shelf.save(certificate);
        }),
      ),
    ).to.equal("STORE_FAILED");
  });

  it("cannot lie outside of it", async () => {
    const { shelf } = setup();
    const certificate = await made("a.test");
    for (const name of ["../a.test", "a/b.test", "", "*.a.test"])
      expect(
        await codeOf(
          Promise.resolve().then(() => {
            shelf.save({ ...certificate, name });
          }),
        ),
      ).to.equal("INTERNAL");
  });

  it("have a key of the account that is kept, made anew only when it is none, and never over what is unreadable", () => {
    const { at, logger } = setup();
    const path = at("account.key");
    const first = accountKey(path, logger);
    expect(accountKey(path, logger)).to.equal(first);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    writeFileSync(path, first.slice(0, 100));
    const second = accountKey(path, logger);
    expect(second).not.to.equal(first);
    expect(logger.events).to.deep.equal(["certificate.broken"]);
    rmSync(path);
    mkdirSync(path);
    expect(() => accountKey(path, logger))
      .to.throw()
      .with.property("code", "STORE_FAILED");
    expect(statSync(path).isDirectory()).to.equal(true);
  });

  function setup() {
    const logger = memoryLogger();
    return { logger, shelf: new OrderedFiles(logger, folder), at: (path: string) => join(folder, path) };
  }

  async function made(name: string): Promise<OrderedCertificate> {
    const pair = await selfSignedPair({ path: join(folder, "made", name), domain: name, now: Date.now() });
    return orderedCertificate({ name, directory: "https://ca.test/dir", ...pair });
  }
});
