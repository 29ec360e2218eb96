import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { resourcesOf } from "@fizz/protocol/manifest";
import { type PriceList } from "@fizz/protocol/messages";
import { zeroAddress } from "viem";
import { type PricedOrder } from "../../../node-agent/src/domain/script-order.ts";
import { ListPricing } from "../../../node-agent/src/pricing/list-pricing.ts";
import { MAX_SCRIPT_OUTPUT, requireScript, SCRIPT_UID } from "../../../node-agent/src/pricing/run-script.ts";
import {
  MAX_SCRIPTS,
  MAX_WAITING_ORDERS,
  ScriptPricing,
} from "../../../node-agent/src/pricing/script-pricing.ts";
import { inRoot } from "../../../scripts/lib/paths.ts";
import { codeOf } from "../../support/code-of.ts";
import { sampleOrder } from "../../support/sample-order.ts";
import { until } from "../../support/until.ts";
import { TENANT } from "../support/builders.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { silentLog } from "../support/silent-log.ts";

const LIST: PriceList = {
  token: zeroAddress,
  ...{ cpuPerHour: 10n ** 15n, memoryGiBPerHour: 0n, storageGiBPerHour: 0n },
  gpuPerHour: { rtx4090: 5n },
};
const { openPart } = sampleOrder();
const ORDER: PricedOrder = {
  ...{ openPart, tenant: TENANT, isUpdate: false, leases: 12, maxLeases: 20 },
  wanted: { ...resourcesOf(openPart), milliCpu: 1_000 },
  free: { milliCpu: 4_000, memoryMiB: 4_096, storageGiB: 20, gpuUnits: 0, gpuModel: 0 },
};
const ONE = { type: "price", perHour: 10n ** 18n } as const;
const LISTED = { type: "price", perHour: 10n ** 15n } as const;

describe("the owner's pricing script", function () {
  this.timeout(60_000);
  const isRoot = process.getuid?.() === 0;
  const folder = mkdtempSync(join(tmpdir(), "fizz-price-"));
  chmodSync(folder, 0o755);
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("prices an order by what it reads", async () => {
    const seen = setup(
      'IFS= read -r order; case "$order" in *\'"listPricePerHour":"0.001"\'*) ;; *) exit 9;; esac; ' +
        'echo \'{"pricePerHour":"0.5"}\'',
    );
    expect(await seen.price(ORDER)).to.deep.equal({ type: "price", perHour: 5n * 10n ** 17n });
    expect(seen.report()).to.deep.equal({ runs: 1, failures: 0, lastFailure: null });
  });

  it("gets no environment, no arguments and no files of the agent, and an account of its own where that is root", async () => {
    const facts = join(folder, "facts");
    writeFileSync(facts, "");
    chmodSync(facts, 0o666);
    const body =
      `{ env | grep -v -E '^(PWD|_|SHLVL|OLDPWD)='; echo "args=$#"; echo "uid=$(id -u) groups=$(id -G)"; ` +
      `echo "dir=$(pwd)"; ls /proc/self/fd | tr '\\n' ' '; } > ${facts}; echo '{"pricePerHour":"1"}'`;
    expect(await setup(body).price(ORDER)).to.deep.equal(ONE);
    const text = readFileSync(facts, "utf8");
    const account = isRoot ? `${SCRIPT_UID}` : `${process.getuid?.() ?? ""}`;
    expect(text).to.match(/^args=0\n/);
    expect(text).to.include(`uid=${account} groups=${isRoot ? account : ""}`);
    expect(text).to.include("dir=/\n");
  });

  it("is killed with all that it started when it does not answer in time", async () => {
    const note = join(folder, "pid");
    writeFileSync(note, "");
    chmodSync(note, 0o666);
    const pricing = setup(`sleep 600 & echo $! > ${note}; wait`, { timeoutMs: 700 });
    expect(await pricing.price(ORDER)).to.deep.equal(LISTED);
    expect(pricing.report().lastFailure?.message).to.include("within 700 ms");
    const pid = Number(readFileSync(note, "utf8"));
    await until(() => Promise.resolve(isGone(pid)), "the sleeper is gone", 5_000);
  });

  it("leaves nothing running when it has answered", async () => {
    const note = join(folder, "pid-after");
    writeFileSync(note, "");
    chmodSync(note, 0o666);
    const pricing = setup(`sleep 600 & echo $! > ${note}; echo '{"pricePerHour":"1"}'`, {
      timeoutMs: 20_000,
    });
    expect(await pricing.price(ORDER)).to.deep.equal(ONE);
    const pid = Number(readFileSync(note, "utf8"));
    await until(() => Promise.resolve(isGone(pid)), "the sleeper is gone", 5_000);
  });

  it("fails when it writes too much, ends with a code, takes too much memory, or is not there", async () => {
    const failures = [
      [`head -c ${MAX_SCRIPT_OUTPUT + 10} /dev/zero; sleep 5`, /more than 64 KiB/],
      ["echo broken pipe of mine >&2; exit 3", /code 3; it said: broken pipe of mine/],
      [
        "exec awk 'BEGIN { x = \"x\"; while (length(x) < 2000000000) x = x x; print length(x) }'",
        /ended with/,
      ],
      ["echo 12", /not {/],
    ] as const;
    for (const [body, why] of failures) {
      const pricing = setup(body, { timeoutMs: 10_000 });
      expect(await pricing.price(ORDER)).to.deep.equal(LISTED);
      expect(pricing.report()).to.deep.include({ runs: 1, failures: 1 });
      expect(pricing.report().lastFailure?.message).to.match(why);
    }
  });

  it("leaves no quote where the owner does not want the list in its place", async () => {
    const answer = await setup("exit 1", { fallsBack: false }).price(ORDER);
    expect(answer.type === "declined" && answer.reason.code).to.equal("price.unpriced");
  });

  it("does not run for a GPU that has no price", async () => {
    const pricing = setup("exit 1");
    const gpu = { ...ORDER, wanted: { ...ORDER.wanted, gpuUnits: 1, gpuModel: 69 } };
    const answer = await pricing.price(gpu);
    expect(answer.type === "declined" && answer.reason.code).to.equal("price.unpriced");
    expect(pricing.report().runs).to.equal(0);
  });

  it("runs a few times at once, lets some orders wait, and none beyond", async () => {
    const started = join(folder, "started");
    writeFileSync(started, "");
    chmodSync(started, 0o666);
    const gate = join(folder, "gate");
    const pricing = setup(
      `echo x >> ${started}; while [ ! -e ${gate} ]; do sleep 0.1; done; echo '{"pricePerHour":"1"}'`,
      { timeoutMs: 30_000 },
    );
    const all = Array.from(
      { length: MAX_SCRIPTS + MAX_WAITING_ORDERS },
      async () => await pricing.price(ORDER),
    );
    await until(() => Promise.resolve(lines(started) === MAX_SCRIPTS), "all places are taken", 20_000);
    expect(await pricing.price(ORDER)).to.deep.equal(LISTED);
    expect(pricing.report()).to.deep.include({ runs: MAX_SCRIPTS, failures: 1 });
    writeFileSync(gate, "");
    const prices = await Promise.all(all);
    expect(
      prices.filter((answer) => answer.type === "price" && answer.perHour === 10n ** 18n),
    ).to.have.length(36);
    expect(lines(started)).to.equal(36);
  });

  it("is one that only its owner may change", async () => {
    const check = async (path: string) =>
      await codeOf(
        Promise.resolve().then(() => {
          requireScript(path);
        }),
      );
    const path = writeScript("exit 0");
    requireScript(path);
    chmodSync(path, 0o775);
    expect(await check(path)).to.equal("CONFIG_INVALID");
    chmodSync(path, 0o644);
    expect(await check(path)).to.equal("CONFIG_INVALID");
    expect(await check(folder)).to.equal("CONFIG_INVALID");
    expect(await check("price.sh")).to.equal("CONFIG_INVALID");
    expect(await check(join(folder, "none"))).to.equal("CONFIG_INVALID");
  });

  it("of the examples doubles the price when the node is full, and declines what is short", async () => {
    const script = writeScript("", readFileSync(inRoot("examples/pricing/price-by-load.sh"), "utf8"));
    const pricing = setup("", { path: script, timeoutMs: 10_000 });
    const priced = async (order: PricedOrder) => {
      const answer = await pricing.price(order);
      return answer.type === "price" ? Number(answer.perHour) / 1e15 : answer.reason.code;
    };
    expect(await priced(ORDER)).to.be.closeTo(2, 0.001);
    expect(await priced({ ...ORDER, leases: 1 })).to.be.closeTo(1, 0.001);
    expect(await priced({ ...ORDER, openPart: { ...openPart, durationSeconds: 60 } })).to.equal(
      "price.declined",
    );
    expect(pricing.report().failures).to.equal(0);
  });

  let scripts = 0;
  function writeScript(body: string, text = `#!/bin/sh\n${body}\n`): string {
    scripts += 1;
    const path = join(folder, `price-${scripts}.sh`);
    writeFileSync(path, text);
    chmodSync(path, 0o755);
    return path;
  }

  function setup(body: string, init: Partial<{ timeoutMs: number; fallsBack: boolean; path: string }> = {}) {
    return new ScriptPricing(
      { list: new ListPricing(LIST), clock: new FakeClock(), log: silentLog },
      {
        ...{ path: init.path ?? writeScript(body), mayUndercut: false, fallsBack: true, timeoutMs: 10_000 },
        ...{ token: zeroAddress, tokenDecimals: 18, ...init },
      },
    );
  }
});

const lines = (path: string): number => readFileSync(path, "utf8").split("\n").length - 1;

function isGone(pid: number): boolean {
  try {
    // One that nobody has waited for yet is over, too.
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return true;
  }
}
