import {
  type CapacityAnswer,
  capacityAnswerHash,
  capacityAnswerTypedData,
  capacityPointsOf,
  RoundTree,
  STANDARD_DIFFICULTY,
} from "@fizz/protocol/capacity";
import { capacityRoundsAbi } from "@fizz/protocol/chain";
import { fizzDomain } from "@fizz/protocol/typed-data";
import { type Account, type Hash, keccak256, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { deployCapacityRounds } from "../../../scripts/deploy-local.ts";
import { devAccount } from "../../../scripts/lib/dev-accounts.ts";
import { connectChain } from "../../../scripts/lib/set-up-chain.ts";
import { hash } from "./builders.ts";
import { deployChainWorld, GATEWAY_KEY } from "./chain-world.ts";

const CHAIN_ID = 31_337;
const SUBNET = 1;
const NODE = 1n;
const DEPOSIT = parseEther("1");
const CLAIM = { threads: 4, memoryMiB: 1_024, gpuUnits: 0, cpuTier: 3, gpuTier: 0 };
/** Better than what node 1 registered: `proveOverclaim` needs no more. */
const TOO_GOOD = { cpuTier: 5 };

/** A real chain with node 1 in subnet 1, and rounds whose gateway posts what it likes. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the type is what is built here
export async function roundsWorld() {
  const world = await deployChainWorld();
  await world.registerNode();
  const local = connectChain(world.anvil.rpcUrl);
  const { privateKey } = devAccount("deployer");
  const address = await deployCapacityRounds({ rpcUrl: world.anvil.rpcUrl, privateKey }, world.contracts);
  const rounds = { address, abi: capacityRoundsAbi } as const;
  const reporter = devAccount("tenant").account;
  const domain = fizzDomain(CHAIN_ID, address);

  const write = async (
    account: Account,
    functionName: string,
    { args, value = 0n }: { readonly args: readonly unknown[]; readonly value?: bigint },
  ): Promise<void> => {
    const call = { ...rounds, functionName, args, value } as never;
    const sent: Hash = await local.wallet(account).writeContract(call);
    await local.receipt(sent);
  };
  const roundOf = (round: number) =>
    local.client.readContract({ ...rounds, functionName: "roundOf", args: [round] });
  /** The next block is of this time, or later. */
  const at = async (time: number): Promise<void> => {
    const timestamp = BigInt(time);
    const newest = await local.client.getBlock();
    if (newest.timestamp < timestamp) await world.test.setNextBlockTimestamp({ timestamp });
  };
  /** @param changes What node 1 claims beside the truth. */
  const work = async (round: number, changes: Partial<CapacityAnswer> = {}) => {
    const { seed } = await roundOf(round);
    const roots = { cpuRoot: hash(1), memoryRoot: hash(2), offChainRoot: hash(0) };
    const answer = { nodeId: NODE, subnetId: SUBNET, round, seed, ...CLAIM, ...roots, ...changes };
    const signature = await world.node.signTypedData(capacityAnswerTypedData(domain, answer));
    const points = capacityPointsOf(answer, STANDARD_DIFFICULTY);
    const words = { answerHash: capacityAnswerHash(answer), signatureHash: keccak256(signature) };
    return { answer, signature, leaf: { nodeId: NODE, points, ...words } };
  };
  type Work = Awaited<ReturnType<typeof work>>;
  const openingOf = ({ leaf }: Work) => ({ leaf, index: 0, hashes: [], sums: [] });
  const postedOf = ({ leaf, answer }: Work) => ({
    ...{ subnetId: SUBNET, round: answer.round },
    ...new RoundTree([leaf]).root,
  });
  return {
    ...world,
    address,
    work,
    claimTooMuch: (round: number) => work(round, TOO_GOOD),
    openRound: async (): Promise<number> => {
      const count = () => local.client.readContract({ ...rounds, functionName: "roundCount" });
      const last = await count();
      if (last > 0) await at((await roundOf(last)).openedAt + 3_600);
      await write(reporter, "openRound", { args: [] });
      return await count();
    },
    answerDirectly: ({ answer, signature }: Work) =>
      write(reporter, "answerDirectly", { args: [answer, signature], value: DEPOSIT }),
    post: async (made: Work): Promise<void> => {
      await at((await roundOf(made.answer.round)).answerBy + 1);
      await write(privateKeyToAccount(GATEWAY_KEY), "post", { args: [postedOf(made)] });
    },
    showIncluded: (made: Work) =>
      write(reporter, "showIncluded", { args: [postedOf(made), openingOf(made)] }),
    convict: async ({ answer, signature, ...made }: Work): Promise<void> => {
      const exhibit = { answer, signature, leaf: made.leaf };
      const [posted, opening] = [postedOf(exhibit), openingOf(exhibit)];
      await write(reporter, "proveOverclaim", { args: [{ posted, opening, answer, signature }, []] });
    },
    finalise: async (made: Work): Promise<void> => {
      await at((await roundOf(made.answer.round)).finalAt + 1);
      await write(reporter, "finalise", { args: [postedOf(made)] });
    },
    provenPointSeconds: () =>
      local.client.readContract({ ...rounds, functionName: "provenPointSecondsOf", args: [SUBNET] }),
    /** Replaces the newest blocks by empty ones of another branch. */
    reorganise: async (depth: number): Promise<void> => {
      await local.client.request({ method: "anvil_reorg", params: [depth, []] } as never);
    },
  };
}
