import { type NetworkConnection } from "hardhat/types/network";
import { type Hex, keccak256, zeroHash } from "viem";
import {
  type CapacityAnswer,
  capacityAnswerHash,
  capacityAnswerTypedData,
  capacityPointsOf,
  type LeafOpening,
  nodeSeedOf,
  type RoundLeaf,
  RoundTree,
  type SegmentOpening,
  STANDARD_DIFFICULTY,
  type WorkKind,
  workKinds,
  workOf,
} from "@fizz/protocol/capacity";
import { consentTypedData, fizzDomain } from "@fizz/protocol/typed-data";
import { type CommittedChains, commitPrefix, type Falsehood } from "../capacity/chains.ts";
import { deployMarket, ETHER, FEE, registration, SUBNET_CUT_BPS } from "./market-fixture.ts";

export const ANSWER_SECONDS = 240;
export const POST_SECONDS = 180;
export const CHALLENGE_SECONDS = 86_400;
export const RESPONSE_SECONDS = 6 * 3_600;
export const SETTLE_SECONDS = 6 * 3_600;
export const GAP_SECONDS = 3_600;
export const FAULT = { none: 0, falseCapacity: 1, falseRoot: 2, omission: 3 };
export const KIND = { cpu: 0, memory: 1 };
export const DEPOSIT = ETHER;
export const CLAIM = { threads: 4, memoryMiB: 1_024 };
export const POINTS = 100;

/** A signed answer and the first segments of the work behind it. */
export interface SignedWork {
  readonly answer: CapacityAnswer;
  readonly signature: Hex;
  readonly leaf: RoundLeaf;
  readonly chains: Record<WorkKind, CommittedChains>;
}

export interface WorkChanges {
  readonly answer?: Partial<CapacityAnswer>;
  readonly leaf?: Partial<RoundLeaf>;
  readonly falsehood?: Falsehood;
}

/** The contract takes the kind of an opening by number, and no readonly arrays. */
export function forChain(kind: WorkKind, opening: SegmentOpening): SegmentOpening & { kind: number } {
  return { ...opening, kind: KIND[kind] };
}

/** CapacityRounds next to a market with two nodes in subnet 1; the forwarder is a plain account. */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- typed contracts: the type is what is built here
export async function deployCapacity(connection: NetworkConnection, deployBase = deployMarket) {
  const base = await deployBase(connection);
  const { viem, networkHelpers } = connection;
  const wallets = await viem.getWalletClients();
  const [secondOperator, forwarder, reporter] = wallets.slice(8) as [Wallet, Wallet, Wallet];
  type Wallet = (typeof wallets)[number];
  const consent = await secondOperator.signTypedData({
    account: secondOperator.account,
    ...consentTypedData(base.domains.nodes, {
      owner: base.nodeOwner.account.address,
      operator: secondOperator.account.address,
    }),
  });
  await base.nodes.write.register([registration(secondOperator.account.address), consent], {
    account: base.nodeOwner.account,
    value: FEE,
  });
  await base.nodes.write.joinSubnet([2n, 1, SUBNET_CUT_BPS], { account: secondOperator.account });
  const rounds = await viem.deployContract("CapacityRounds", [
    base.nodes.address,
    base.subnets.address,
    base.market.address,
    forwarder.account.address,
  ]);
  const domain = fizzDomain(base.chainId, rounds.address);
  const operators: Record<string, Wallet> = { "1": base.operator, "2": secondOperator };

  const openRound = async () => {
    await rounds.write.openRound({ account: base.stranger.account });
    const round = await rounds.read.roundCount();
    return { round, ...(await rounds.read.roundOf([round])) };
  };
  /** What node `nodeId` answers in the last round. */
  const work = async (nodeId: bigint, changes: WorkChanges = {}): Promise<SignedWork> => {
    const round = await rounds.read.roundCount();
    const { seed } = await rounds.read.roundOf([round]);
    const claim = { ...CLAIM, ...changes.answer };
    const nodeSeed = nodeSeedOf({ seed, nodeId, subnetId: 1, round });
    const chains = Object.fromEntries(
      workKinds.map((kind) => [
        kind,
        commitPrefix({
          nodeSeed,
          work: workOf(kind, claim, STANDARD_DIFFICULTY),
          falsehood: changes.falsehood,
        }),
      ]),
    ) as SignedWork["chains"];
    const answer: CapacityAnswer = {
      nodeId,
      subnetId: 1,
      round,
      seed,
      ...CLAIM,
      gpuUnits: 0,
      cpuTier: 3,
      gpuTier: 2,
      cpuRoot: chains.cpu.root,
      memoryRoot: chains.memory.root,
      offChainRoot: zeroHash,
      ...changes.answer,
    };
    const signer = operators[nodeId.toString()] ?? base.stranger;
    const signature = await signer.signTypedData({
      account: signer.account,
      ...capacityAnswerTypedData(domain, answer),
    });
    const leaf = {
      nodeId,
      points: capacityPointsOf(answer, STANDARD_DIFFICULTY),
      answerHash: capacityAnswerHash(answer),
      signatureHash: keccak256(signature),
      ...changes.leaf,
    };
    return { answer, signature, leaf, chains };
  };
  /** Roots are posted when no answer can come any more. */
  const answersAreDue = async () => {
    const { answerBy } = await rounds.read.roundOf([await rounds.read.roundCount()]);
    if ((await base.now()) < answerBy) await networkHelpers.time.increaseTo(answerBy);
  };
  const postRoot = async (root: { root: Hex; leafCount: number; totalPoints: bigint }) => {
    const posted = { subnetId: 1, round: await rounds.read.roundCount(), ...root };
    await answersAreDue();
    await rounds.write.post([posted], { account: base.gateway.account });
    return posted;
  };
  const postTree = async (leaves: readonly RoundLeaf[]) => {
    const tree = new RoundTree(leaves);
    const posted = await postRoot(tree.root);
    return {
      posted,
      tree,
      openLeaf: (index: number) => openingForChain(tree.open(index)),
      exhibit: (index: number, signed: SignedWork) => ({
        posted,
        opening: openingForChain(tree.open(index)),
        answer: signed.answer,
        signature: signed.signature,
      }),
    };
  };
  /** A round in which nodes 1 and 2 passed. */
  const postedRound = async (changes: WorkChanges = {}) => {
    const opened = await openRound();
    const one = await work(1n, changes);
    const two = await work(2n);
    return { opened, one, two, ...(await postTree([one.leaf, two.leaf])) };
  };

  return {
    ...base,
    ...{ rounds, domain, secondOperator, forwarder, reporter },
    ...{ openRound, work, postRoot, postTree, postedRound, answersAreDue },
    sleepUntil: async (time: number) => {
      await networkHelpers.time.increaseTo(time);
    },
  };
}

/** The contract's ABI wants arrays that may be written to. */
export function openingForChain({ leaf, index, hashes, sums }: LeafOpening): ChainLeafOpening {
  return { leaf, index, hashes: [...hashes], sums: [...sums] };
}

interface ChainLeafOpening {
  leaf: RoundLeaf;
  index: number;
  hashes: Hex[];
  sums: bigint[];
}
