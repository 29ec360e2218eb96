import { nodeRegistryAbi, subnetRegistryAbi, type UnsignedCalls } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { packResources, type ResourceVector } from "@fizz/protocol/manifest";
import { consentTypedData, fizzDomain } from "@fizz/protocol/typed-data";
import { type Abi, type Address, formatEther, type Hex, stringToHex } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { type Logger } from "../observability/logger.ts";
import { chainError } from "./chain-error.ts";
import { type ChainClients } from "./clients.ts";
import { type CallSender, Transactions } from "./transactions.ts";

/** Coins that the owner keeps for gas besides the fee, in wei. */
const GAS_RESERVE = 2_000_000_000_000_000n;

export interface RegistrationInput {
  readonly operatorKey: Hex;
  /** The operator itself is the owner when left out. */
  readonly ownerKey: Hex | undefined;
  /** Takes what the owner is to send, whose key is elsewhere: nothing is sent then. */
  readonly unsigned?: UnsignedCalls | undefined;
  readonly mode: "fizz" | "provider";
  readonly region: string;
  readonly resources: ResourceVector;
  /** Asked before resources are written to the chain; what it throws keeps them away. */
  readonly permit: () => Promise<void>;
  /** Asked once, when the node is to be registered: it may take seconds. Indices of protocol/tiers, 0 for none. */
  readonly tiers: () => Promise<{ readonly cpuTier: number; readonly gpuTier: number }>;
  readonly gateway: Address;
  readonly maxCutBps: number;
  /** Coins that the operator needs for gas, in wei. */
  readonly operatorGas: bigint;
}

/** Brings a node into the state that its owner wants: registered, offering its resources, in the gateway's subnet. */
export class Registration {
  readonly #chain: ChainClients;
  readonly #input: RegistrationInput;
  readonly #log: Logger;
  readonly #operator: Address;
  readonly #asOwner: Pick<Transactions, "pay"> & CallSender;
  readonly #asOperator: Transactions;
  readonly #owner: Address;

  constructor(chain: ChainClients, input: RegistrationInput, log: Logger) {
    this.#chain = chain;
    this.#input = input;
    this.#log = log;
    const operator = chain.walletOf(input.operatorKey);
    const owner = input.ownerKey === undefined ? operator : chain.walletOf(input.ownerKey);
    this.#operator = operator.account.address;
    this.#owner = input.unsigned?.owner ?? owner.account.address;
    const { client } = chain;
    this.#asOperator = new Transactions({ client, wallet: operator, log });
    const direct = owner === operator ? this.#asOperator : new Transactions({ client, wallet: owner, log });
    this.#asOwner = input.unsigned ?? direct;
  }

  /**
   * Does what is missing, and nothing twice.
   *
   * @returns The node's id; 0 while its registration is not signed yet.
   * @throws ProtocolError INSUFFICIENT_FUNDS with the figures, TX_REVERTED, IDENTITY_UNKNOWN, CHAIN_UNREACHABLE, and
   * what `permit` and `tiers` throw
   */
  async run(): Promise<bigint> {
    let nodeId = await this.#nodeId();
    if (nodeId === 0n) {
      await this.#register();
      nodeId = await this.#nodeId();
      if (nodeId === 0n) {
        await this.#fundOperator();
        return nodeId;
      }
    } else {
      await this.#requireOwner(nodeId);
      await this.#changeResources(nodeId);
    }
    await this.#bond(nodeId);
    await this.#fundOperator();
    await this.#joinSubnet(nodeId);
    return nodeId;
  }

  async #nodeId(): Promise<bigint> {
    return await this.#read(() =>
      this.#chain.client.readContract({
        address: this.#chain.contracts.nodeRegistry,
        abi: nodeRegistryAbi,
        functionName: "nodeIdOf",
        args: [this.#operator],
      }),
    );
  }

  async #register(): Promise<void> {
    const { mode, region, resources, permit, tiers } = this.#input;
    const { client, contracts } = this.#chain;
    const fee = await this.#read(() =>
      client.readContract({
        address: contracts.nodeRegistry,
        abi: nodeRegistryAbi,
        functionName: "REGISTRATION_FEE",
      }),
    );
    await this.#requireBalance(fee);
    await permit();
    const registration = {
      mode: mode === "fizz" ? 0 : 1,
      operator: this.#operator,
      resources: packResources(resources),
      ...(await tiers()),
      region: stringToHex(region, { size: 16 }),
    };
    await this.#asOwner.send({
      ...this.#registry("register", [registration, await this.#consent()]),
      value: fee,
    });
    this.#tell({ event: "node.registered", owner: this.#owner, fee }, "The node is registered.");
  }

  /** The operator's agreement to serve the owner; needless when they are the same key. */
  async #consent(): Promise<Hex> {
    if (this.#owner === this.#operator) return "0x";
    const { chain, contracts } = this.#chain;
    const domain = fizzDomain(chain.id, contracts.nodeRegistry);
    const consent = { owner: this.#owner, operator: this.#operator };
    return await privateKeyToAccount(this.#input.operatorKey).signTypedData(
      consentTypedData(domain, consent),
    );
  }

  /** Only the owner may; without its key the chain's record stays as it is. */
  async #changeResources(nodeId: bigint): Promise<void> {
    const node = await this.#nodeOf(nodeId);
    const wanted = packResources(this.#input.resources);
    if (node.resources === wanted) return;
    if (node.owner !== this.#owner) {
      const message = "The chain has other resources for this node; only its owner can change them.";
      this.#log.warn({ event: "node.resources_differ" }, message);
      return;
    }
    await this.#input.permit();
    await this.#asOwner.send(this.#registry("setResources", [nodeId, wanted]));
  }

  /** Another wallet's signature would be worth nothing. */
  async #requireOwner(nodeId: bigint): Promise<void> {
    if (this.#input.unsigned === undefined) return;
    const { owner } = await this.#nodeOf(nodeId);
    if (owner === this.#owner) return;
    throw new ProtocolError("CONFIG_INVALID", `Node ${nodeId} belongs to ${owner}, not to ${this.#owner}.`);
  }

  /** What is only handed on has not happened yet. */
  #tell(fields: Readonly<Record<string, unknown>>, message: string): void {
    if (this.#input.unsigned === undefined) this.#log.info(fields, message);
  }

  async #nodeOf(nodeId: bigint) {
    return await this.#read(() =>
      this.#chain.client.readContract({
        address: this.#chain.contracts.nodeRegistry,
        abi: nodeRegistryAbi,
        functionName: "nodeOf",
        args: [nodeId],
      }),
    );
  }

  /** A provider node serves with its minimum bond, which its owner puts there. A Fizz node needs none. */
  async #bond(nodeId: bigint): Promise<void> {
    if (this.#input.mode !== "provider") return;
    const registry = { address: this.#chain.contracts.nodeRegistry, abi: nodeRegistryAbi } as const;
    const { client } = this.#chain;
    const minimum = await this.#read(() =>
      client.readContract({ ...registry, functionName: "PROVIDER_MIN_BOND" }),
    );
    const { amount, thawing } = await this.#read(() =>
      client.readContract({ ...registry, functionName: "bondOf", args: [nodeId] }),
    );
    const missing = minimum - (amount - thawing);
    if (missing <= 0n) return;
    const balance = await this.#balanceOf(this.#owner);
    if (this.#input.unsigned === undefined && balance < missing + GAS_RESERVE) {
      const message =
        `${this.#owner} has ${formatEther(balance)} ETH. A provider node bonds ${formatEther(minimum)} ETH, ` +
        `and gas comes on top: send it ${formatEther(missing + GAS_RESERVE - balance)} ETH.`;
      throw new ProtocolError("INSUFFICIENT_FUNDS", message);
    }
    await this.#asOwner.send({ ...this.#registry("bond", [nodeId]), value: missing });
    this.#tell({ event: "node.bonded", amount: missing }, "The provider node has its bond.");
  }

  async #fundOperator(): Promise<void> {
    const { operatorGas } = this.#input;
    if (this.#owner === this.#operator || operatorGas === 0n) return;
    const balance = await this.#balanceOf(this.#operator);
    if (balance >= operatorGas / 2n) return;
    await this.#asOwner.pay(this.#operator, operatorGas - balance);
    this.#tell({ event: "operator.funded", operator: this.#operator }, "The operator key has coins for gas.");
  }

  async #joinSubnet(nodeId: bigint): Promise<void> {
    const { client, contracts } = this.#chain;
    const { gateway, maxCutBps } = this.#input;
    const subnetId = await this.#read(() =>
      client.readContract({
        address: contracts.subnetRegistry,
        abi: subnetRegistryAbi,
        functionName: "subnetIdOf",
        args: [gateway],
      }),
    );
    if (subnetId === 0)
      throw new ProtocolError(
        "IDENTITY_UNKNOWN",
        `The gateway's key ${gateway} runs no subnet on this chain.`,
      );
    const [joined] = await this.#read(() =>
      client.readContract({
        address: contracts.nodeRegistry,
        abi: nodeRegistryAbi,
        functionName: "membershipOf",
        args: [nodeId, subnetId],
      }),
    );
    if (joined) return;
    // The owner may as well: then the operator needs no coins at all, where its gateway pays for its calls.
    const sender = (await this.#nodeOf(nodeId)).owner === this.#owner ? this.#asOwner : this.#asOperator;
    await sender.send(this.#registry("joinSubnet", [nodeId, subnetId, maxCutBps]));
    this.#tell({ event: "subnet.joined", subnetId }, "The node joined the subnet.");
  }

  async #requireBalance(fee: bigint): Promise<void> {
    if (this.#input.unsigned !== undefined) return;
    const balance = await this.#balanceOf(this.#owner);
    const required = fee + this.#input.operatorGas + GAS_RESERVE;
    if (balance >= required) return;
    const message =
      `${this.#owner} has ${formatEther(balance)} ETH. Registration takes ${formatEther(fee)} ETH, ` +
      `and gas up to ${formatEther(required - fee)} ETH: send it ${formatEther(required - balance)} ETH.`;
    throw new ProtocolError("INSUFFICIENT_FUNDS", message);
  }

  async #balanceOf(address: Address): Promise<bigint> {
    return await this.#read(() => this.#chain.client.getBalance({ address }));
  }

  #registry(functionName: string, args: readonly unknown[]) {
    return { address: this.#chain.contracts.nodeRegistry, abi: nodeRegistryAbi as Abi, functionName, args };
  }

  async #read<Result>(task: () => Promise<Result>): Promise<Result> {
    try {
      return await task();
    } catch (error) {
      throw chainError(error, "Reading the chain");
    }
  }
}
