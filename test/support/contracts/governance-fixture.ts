import { type NetworkConnection } from "hardhat/types/network";
import {
  type Address,
  encodeFunctionData,
  getAddress,
  type Hex,
  keccak256,
  parseEther,
  parseEventLogs,
  toHex,
  zeroAddress,
} from "viem";

export const DAY = 86_400;
export const EXIT_SECONDS = 3 * DAY;
export const GRACE_SECONDS = 14 * DAY;
export const LATE_QUORUM_SECONDS = 2 * DAY;
export const SUBNET = 1;
export const OTHER_SUBNET = 2;
export const FIRST_CUT_BPS = 1_000;

export const SETTINGS = {
  votingDelay: DAY,
  votingPeriod: 5 * DAY,
  executionDelay: 4 * DAY,
  quorumBps: 2_000,
  quorumFloor: parseEther("1"),
  proposalThreshold: parseEther("0.1"),
} as const;

/** IGovernor.ProposalState */
export const STATE = {
  pending: 0,
  active: 1,
  canceled: 2,
  defeated: 3,
  succeeded: 4,
  queued: 5,
  expired: 6,
  executed: 7,
} as const;

export const VOTE = { against: 0, for: 1, abstain: 2 } as const;

/** The bitmap with which OpenZeppelin's governor says which state it expected. */
export function expectState(state: number): Hex {
  return toHex(1n << BigInt(state), { size: 32 });
}

export interface Proposal {
  readonly targets: Address[];
  readonly values: bigint[];
  readonly calldatas: Hex[];
  readonly description: string;
}

/**
 * A subnet with three node owners who earned 60, 30 and 10 ETH, their votes, and a governor that has taken over.
 * The registry, the rewards and the market's books are mocks.
 */
// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- typed contracts: the type is what is built here
export async function deployGovernance({ viem, networkHelpers }: NetworkConnection) {
  const wallets = await viem.getWalletClients();
  const [deployer, gateway, alice, bob, carol, stranger, forwarder] = wallets as Required7<
    (typeof wallets)[number]
  >;
  const publicClient = await viem.getPublicClient();
  const books = await viem.deployContract("EarningsMock", [EXIT_SECONDS]);
  const registry = await viem.deployContract("SubnetMock");
  const rewards = await viem.deployContract("SubnetMock");
  const governorCode = await viem.deployContract("SubnetGovernor", [
    registry.address,
    rewards.address,
    books.address,
    forwarder.account.address,
  ]);
  const votesCode = await viem.deployContract("SubnetVotes", [books.address, books.address]);
  const factory = await viem.deployContract("SubnetGovernorFactory", [
    governorCode.address,
    votesCode.address,
    registry.address,
    forwarder.account.address,
  ]);
  for (const subnetId of [SUBNET, OTHER_SUBNET]) {
    await registry.write.register([subnetId, gateway.account.address, FIRST_CUT_BPS]);
    await rewards.write.register([subnetId, gateway.account.address, 0]);
  }

  /** The subnet's owner makes a governor. */
  const createGovernor = async (changes: Partial<typeof SETTINGS> = {}, subnetId = SUBNET) => {
    const hash = await factory.write.createGovernor([subnetId, { ...SETTINGS, ...changes }], {
      account: gateway.account,
    });
    const { logs } = await publicClient.getTransactionReceipt({ hash });
    const [created] = parseEventLogs({ abi: factory.abi, eventName: "GovernorCreated", logs });
    return {
      governor: await viem.getContractAt("SubnetGovernor", created?.args.governor ?? zeroAddress),
      votes: await viem.getContractAt("SubnetVotes", created?.args.votes ?? zeroAddress),
    };
  };
  const { governor, votes } = await createGovernor();
  await registry.write.setGovernor([SUBNET, governor.address], { account: gateway.account });
  await rewards.write.setGovernor([SUBNET, governor.address], { account: gateway.account });

  const owners = [
    [1n, alice, "60"],
    [2n, bob, "30"],
    [3n, carol, "10"],
  ] as const;
  for (const [nodeId, owner, ether] of owners) {
    await books.write.setOwner([nodeId, owner.account.address]);
    await books.write.earn([nodeId, SUBNET, zeroAddress, parseEther(ether)]);
    await votes.write.claimVotes([nodeId], { account: stranger.account });
  }

  let count = 0;
  /** Calls of the registry, as one proposal with a description of its own. */
  const proposalOf = (calldatas: readonly Hex[], target: Address = registry.address): Proposal => ({
    targets: calldatas.map(() => target),
    values: calldatas.map(() => 0n),
    calldatas: [...calldatas],
    description: `Proposal ${(++count).toString()}`,
  });
  const setCut = (cutBps: number, subnetId = SUBNET): Hex =>
    encodeFunctionData({ abi: registry.abi, functionName: "setCut", args: [subnetId, cutBps] });
  const propose = async (proposal: Proposal, by: Wallet = carol): Promise<bigint> => {
    await governor.write.propose(
      [proposal.targets, proposal.values, proposal.calldatas, proposal.description],
      { account: by.account.address },
    );
    return await governor.read.hashProposal(hashedOf(proposal));
  };
  const execute = async (proposal: Proposal, value = 0n): Promise<Hex> =>
    await governor.write.execute(hashedOf(proposal), { account: stranger.account, value });
  const vote = async (proposalId: bigint, by: Wallet, support: number): Promise<Hex> =>
    await governor.write.castVote([proposalId, support], { account: by.account.address });
  /** The next transaction is mined at exactly this time. */
  const at = async (time: bigint): Promise<void> => {
    await networkHelpers.time.setNextBlockTimestamp(time);
  };
  /** Mines a block at exactly this time. */
  const warpTo = async (time: bigint): Promise<void> => {
    await at(time);
    await networkHelpers.mine();
  };
  /** Proposes, lets the voting begin, and casts Alice's 60 votes for it. */
  const proposeAndWin = async (proposal: Proposal): Promise<bigint> => {
    const proposalId = await propose(proposal);
    await warpTo((await governor.read.proposalSnapshot([proposalId])) + 1n);
    await vote(proposalId, alice, VOTE.for);
    return proposalId;
  };
  /** The whole life of a proposal that wins. */
  const enact = async (proposal: Proposal): Promise<void> => {
    const proposalId = await proposeAndWin(proposal);
    await at(await governor.read.proposalEta([proposalId]));
    await execute(proposal);
  };

  return {
    ...{ viem, deployer, gateway, alice, bob, carol, stranger, forwarder, publicClient },
    ...{ books, registry, rewards, governorCode, votesCode, factory, governor, votes },
    ...{ createGovernor, proposalOf, setCut, propose, execute, vote, at, warpTo, proposeAndWin, enact },
    cut: async (subnetId = SUBNET) => (await registry.read.recordOf([subnetId]))[2],
    stateOf: async (proposalId: bigint) => await governor.read.state([proposalId]),
    now: async () => BigInt(await networkHelpers.time.latest()),
  };
}

type Required7<T> = [T, T, T, T, T, T, T];

interface Wallet {
  readonly account: { readonly address: Address };
}

/** What `execute`, `cancel` and `hashProposal` take. */
export function hashedOf(proposal: Proposal): [Address[], bigint[], Hex[], Hex] {
  const { targets, values, calldatas, description } = proposal;
  return [targets, values, calldatas, keccak256(toHex(description))];
}

/** Call data as a trusted forwarder sends it on: with the signer's address behind it. */
export function forwarded(data: Hex, signer: Wallet): Hex {
  return `${data}${getAddress(signer.account.address).slice(2).toLowerCase()}`;
}
