import { expect } from "chai";
import fc from "fast-check";
import { network } from "hardhat";
import { ContractFunctionExecutionError } from "viem";
import { workKinds } from "@fizz/protocol/capacity";
import {
  DEPOSIT,
  deployCapacity,
  FAULT,
  forChain,
  KIND,
  POINTS,
} from "../support/contracts/capacity-fixture.ts";

const { networkHelpers } = await network.create();

/**
 * Whatever is called, in whatever order, these hold; the numbers are those of test/invariants/README.md:
 * C1. The contract holds exactly the deposits of what is open, and what was credited and not withdrawn.
 * C2. What is proven only grows, and is at most points × seconds of the roots that were counted.
 * C3. What was voided is at most what was posted.
 * C4. A root that was counted stays so, and nothing is proven but by counting one.
 * C5. No honest node and no gateway with a right root that answers in time is ever convicted.
 */
describe("CapacityRounds: invariants", () => {
  const actions = [
    "open",
    "answer",
    "post",
    "include",
    "demand",
    "challenge",
    "show",
    "settle",
    "omit",
  ] as const;
  const later = ["finalise", "withdraw", "wait"] as const;
  type Action = (typeof actions)[number] | (typeof later)[number];
  const often: Action[] = ["answer", "answer", "answer", "post", "post", "finalise", "wait"];
  const step = fc.record({
    action: fc.constantFrom<Action>(...actions, ...later, ...often),
    pick: fc.nat(),
    seconds: fc.constantFrom(1, 240, 3_600, 22_000, 140_000),
  });

  for (const honest of [true, false]) {
    it(`hold when the parties ${honest ? "show what they are asked for" : "do not care"}`, async function () {
      this.timeout(240_000);
      const reached = new Set<string>();
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 60 }), async (steps) => {
          const game = await play(honest);
          for (const { action, pick, seconds } of steps) {
            await game.act(action, pick, seconds).then(
              (did) => did && reached.add(action),
              (error: unknown) => {
                if (!(error instanceof ContractFunctionExecutionError)) throw error;
              },
            );
            await game.check();
          }
        }),
        { numRuns: 16, seed: 0x5eed },
      );
      expect([...reached]).to.include.members(["open", "answer", "post", "demand", "challenge", "finalise"]);
    });
  }

  async function play(honest: boolean) {
    const fixture = await networkHelpers.loadFixture(deployCapacity);
    const { rounds, reporter, gateway, nodeOwner, publicClient } = fixture;
    type Round = Awaited<ReturnType<typeof fixture.postTree>> & {
      readonly signed: Signed;
      readonly round: number;
    };
    type Signed = Awaited<ReturnType<typeof fixture.work>>;
    const pays = { account: reporter.account, value: DEPOSIT };
    const holders = [reporter, gateway, nodeOwner];
    const open = new Set<string>();
    const posted: Round[] = [];
    const counted = new Set<number>();
    let current: Signed | undefined;
    let proven = 0n;
    let most = 0n;
    let [demands, challenges] = [0n, 0n];
    let justCounted = false;

    const settle = async (kind: "demand" | "challenge", id: bigint) => {
      if (kind === "demand") await rounds.write.settleDemand([id]);
      else await rounds.write.settleChallenge([id]);
      open.delete(`${kind} ${id}`);
    };
    const showAll = async () => {
      for (const key of [...open]) {
        const [kind, id] = key.split(" ") as [string, string];
        if (kind === "demand") {
          const { round, index } = await rounds.read.demandOf([BigInt(id)]);
          const found = posted.find((each) => each.round === round);
          if (found) await rounds.write.showLeaf([BigInt(id), found.exhibit(index, found.signed)]);
        } else if (kind === "challenge") {
          const { round, kind: number, segment } = await rounds.read.challengeOf([BigInt(id)]);
          const found = posted.find((each) => each.round === round);
          const name = workKinds[number] ?? "cpu";
          if (found === undefined) continue;
          const opening = forChain(name, found.signed.chains[name].open({ lane: 0, segment }));
          await rounds.write.showSegment([BigInt(id), found.signed.answer, opening]);
        } else continue;
        open.delete(key);
      }
    };
    const include = async () => {
      for (const round of posted.filter(({ round: number }) => open.has(`answer ${number}`))) {
        await rounds.write.showIncluded([round.posted, round.openLeaf(0)]);
        open.delete(`answer ${round.round}`);
      }
    };
    const last = (pick: number): Round | undefined => posted[pick % Math.max(1, posted.length)];

    const act = async (action: Action, pick: number, seconds: number): Promise<boolean> => {
      const round = last(pick);
      if (action === "wait") {
        if (honest) await Promise.all([showAll(), include()]);
        await networkHelpers.time.increase(seconds);
      } else if (action === "open") {
        await networkHelpers.time.increase(3_600);
        await fixture.openRound();
        current = await fixture.work(1n);
      } else if (action === "answer" && current) {
        await rounds.write.answerDirectly([current.answer, current.signature], pays);
        open.add(`answer ${current.answer.round}`);
      } else if (action === "post" && current) {
        const tree = await fixture.postTree([current.leaf]);
        posted.push({ ...tree, signed: current, round: current.answer.round });
      } else if (action === "include") await include();
      else if (action === "show") await showAll();
      else if (action === "demand" && round) {
        await rounds.write.demandLeaf([round.posted, 0], pays);
        open.add(`demand ${++demands}`);
        if (pick % 3 === 0) await settle("demand", demands).catch(ignore); // before its time
      } else if (action === "challenge" && round) {
        const kind = workKinds[pick % 2] ?? "cpu";
        await rounds.write.challengeSegment([round.exhibit(0, round.signed), KIND[kind], 0, pick % 64], pays);
        open.add(`challenge ${++challenges}`);
        if (pick % 3 === 0) await settle("challenge", challenges).catch(ignore); // before its time
      } else if (action === "settle") {
        const [kind, id] =
          [...open]
            .filter((key) => !key.startsWith("answer"))
            .at(pick % 2)
            ?.split(" ") ?? [];
        if (kind === "demand" || kind === "challenge") await settle(kind, BigInt(id ?? 0)).catch(ignore);
        if (demands > 0n) await settle("demand", 1n + (BigInt(pick) % demands)).catch(ignore);
        if (challenges > 0n) await settle("challenge", 1n + (BigInt(pick) % challenges));
      } else if (action === "omit" && current) {
        await rounds.write.settleOmission([1n, 1, current.answer.round]);
        open.delete(`answer ${current.answer.round}`);
      } else if (action === "finalise") {
        const next = posted.find((each) => !counted.has(each.round));
        if (next === undefined) return false;
        await rounds.write.finalise([next.posted]);
        counted.add(next.round);
        justCounted = true;
        most += BigInt(POINTS * (await rounds.read.roundOf([next.round])).secondsCounted);
      } else if (action === "withdraw") {
        for (const holder of holders) await rounds.write.withdraw({ account: holder.account }).catch(ignore);
      } else return false;
      return true;
    };

    const check = async () => {
      let owed = BigInt(open.size) * DEPOSIT;
      for (const { account } of holders) owed += await rounds.read.creditOf([account.address]);
      expect(await publicClient.getBalance({ address: rounds.address }), "C1: holdings").to.equal(owed);
      const now = await rounds.read.provenPointSecondsOf([1]);
      expect(now === proven || justCounted, `C4: proven ${proven} → ${now} without a root`).to.equal(true);
      justCounted = false;
      expect(now >= proven && now <= most, `C2: proven ${proven} → ${now} of ${most}`).to.equal(true);
      proven = now;
      for (const { round, posted: root } of posted) {
        const [voided, , isFinal] = await rounds.read.rootStateOf([1, round]);
        expect(voided <= root.totalPoints, `C3: voided ${voided} of ${root.totalPoints}`).to.equal(true);
        expect(isFinal, `C4: root of round ${round} counted`).to.equal(counted.has(round));
        if (!honest) continue;
        for (const fault of [FAULT.falseCapacity, FAULT.falseRoot]) {
          const id = await rounds.read.verdictIdOf([fault, 1n, 1, round]);
          expect((await rounds.read.verdictOf([id])).fault, `C5: verdict in round ${round}`).to.equal(
            FAULT.none,
          );
        }
      }
    };
    return { act, check };
  }

  function ignore(error: unknown): void {
    if (!(error instanceof ContractFunctionExecutionError)) throw error;
  }
});
