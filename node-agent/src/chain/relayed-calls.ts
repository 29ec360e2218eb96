import { carriesRequest, fizzForwarderAbi, leaseMarketAbi } from "@fizz/protocol/chain";
import { ProtocolError } from "@fizz/protocol/errors";
import { type GatewayApi, requireNextNonce } from "@fizz/protocol/gateway-api";
import { type ContractAddresses, type RelayedRequest } from "@fizz/protocol/messages";
import {
  type ForwarderDomain,
  forwarderDomain,
  type ForwardRequest,
  type SignedForwardRequest,
  signForwardRequest,
} from "@fizz/protocol/typed-data";
import { encodeFunctionData, type Hex, type LocalAccount, type PublicClient } from "viem";
import { type RelayMode, shouldRelay } from "../domain/relay-mode.ts";
import { type Logger } from "../observability/logger.ts";
import { type Clock } from "../ports.ts";
import { chainError } from "./chain-error.ts";
import { type Call, type CallSender } from "./transactions.ts";

/** Time that a request is good for: a chain that is dear for a while must fit, in seconds. */
const REQUEST_SECONDS = 900;
/** Time to wait for a block with it; the next try of the same call goes on waiting, in milliseconds. */
const MINED_TIMEOUT_MS = 120_000;
const POLL_MS = 1_000;
/** Calls whose request is not settled that are remembered. */
const MAX_REMEMBERED = 256;
/** Gas over the estimate: the state may change, and the caller is read out of the call data. */
const GAS_PERCENT = 125n;
const GAS_RESERVE = 20_000n;
const NEVER = new AbortController().signal;

export interface RelayedCallsComponents {
  readonly client: PublicClient;
  /** How the key pays for itself. */
  readonly direct: CallSender;
  readonly gateway: Pick<GatewayApi, "relay" | "relayedRequest" | "signerQueue">;
  readonly account: LocalAccount;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RelayedCallsInit {
  readonly mode: RelayMode;
  readonly chainId: number;
  readonly contracts: Pick<ContractAddresses, "leaseMarket">;
  readonly pollMs?: number;
  readonly minedTimeoutMs?: number;
}

/** A request that the gateway was given. */
interface Handed {
  readonly id: Hex;
  readonly signed: SignedForwardRequest;
  readonly domain: ForwarderDomain;
}

/** Calls of a key that may have no coins: the gateway is asked to pay, and what it does not take is sent directly. */
export class RelayedCalls implements CallSender {
  readonly #components: RelayedCallsComponents;
  readonly #init: RelayedCallsInit;
  /** Nonces are sequential: one request is made after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  /** By call data. */
  readonly #pending = new Map<Hex, Handed>();
  #domain: ForwarderDomain | undefined;

  constructor(components: RelayedCallsComponents, init: RelayedCallsInit) {
    this.#components = components;
    this.#init = init;
  }

  async send(call: Call): Promise<void> {
    const handed = await this.#handedFor(call);
    if (handed === undefined) await this.#components.direct.send(call);
    else await this.#follow(call, handed);
  }

  /** The request that stands for a call; undefined when it is to be sent directly. */
  async #handedFor(call: Call): Promise<Handed | undefined> {
    if (this.#init.mode === "never" || call.value !== undefined) return undefined;
    const data = encodeFunctionData(call);
    const known = this.#pending.get(data);
    if (known !== undefined) {
      if (!(await this.#isOver(known))) return known;
      this.#pending.delete(data);
    }
    const gas = await this.#gasOf(call);
    if (!(await this.#shouldRelay(gas))) return undefined;
    try {
      return await this.#inTurn(() => this.#hand(call, data, gas));
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      const fields = { event: "request.refused", call: call.functionName, code: error.code, error };
      this.#components.log.warn(fields, "The gateway does not pay for a call: it is sent directly.");
      return undefined;
    }
  }

  /** After its deadline nobody can carry a request any more, whatever the gateway says of it. */
  async #isOver({ signed }: Handed): Promise<boolean> {
    const { client } = this.#components;
    const reading = client.getBlock({ blockTag: "latest" }).catch((error: unknown) => {
      throw chainError(error, "Reading the newest block");
    });
    return (await reading).timestamp > BigInt(signed.request.deadline);
  }

  async #shouldRelay(gas: bigint): Promise<boolean> {
    const { client, account } = this.#components;
    const { mode } = this.#init;
    if (mode === "always") return true;
    try {
      const [balance, { maxFeePerGas }] = await Promise.all([
        client.getBalance({ address: account.address }),
        client.estimateFeesPerGas(),
      ]);
      return shouldRelay(mode, { balance, need: gas * maxFeePerGas });
    } catch (error) {
      throw chainError(error, "Reading the balance");
    }
  }

  /** Runs the call first: what the contract refuses is neither signed nor sent. */
  async #gasOf(call: Call): Promise<bigint> {
    const { client, account } = this.#components;
    try {
      await client.simulateContract({ ...call, account: account.address });
      const gas = await client.estimateContractGas({ ...call, account: account.address });
      return (gas * GAS_PERCENT) / 100n + GAS_RESERVE;
    } catch (error) {
      throw chainError(error, call.functionName);
    }
  }

  /** @returns The request that the gateway took. */
  async #hand({ address, functionName }: Call, data: Hex, gas: bigint): Promise<Handed> {
    const { account, gateway, log } = this.#components;
    const domain = await this.#forwarder();
    const nonce = await this.#nextNonce(domain);
    const deadline = (await this.#chainTime()) + REQUEST_SECONDS;
    const from = account.address;
    const request: ForwardRequest = { from, to: address, value: 0n, gas, nonce, deadline, data };
    const { id, signed } = await signForwardRequest(account, domain, request);
    await gateway.relay(signed);
    if (this.#pending.size >= MAX_REMEMBERED) this.#pending.clear();
    const handed = { id, signed, domain };
    this.#pending.set(data, handed);
    log.info({ event: "request.sent", call: functionName, id }, "The gateway carries a call.");
    return handed;
  }

  async #forwarder(): Promise<ForwarderDomain> {
    const { client } = this.#components;
    const { chainId, contracts } = this.#init;
    try {
      // It is fixed for ever. The contract says it, not the gateway.
      this.#domain ??= forwarderDomain(
        chainId,
        await client.readContract({
          address: contracts.leaseMarket,
          abi: leaseMarketAbi,
          functionName: "trustedForwarder",
        }),
      );
      return this.#domain;
    } catch (error) {
      throw chainError(error, "Looking up the forwarder");
    }
  }

  async #nextNonce({ verifyingContract }: ForwarderDomain): Promise<bigint> {
    const { client, account, gateway } = this.#components;
    const { nextNonce } = await gateway.signerQueue(account.address);
    const call = { address: verifyingContract, abi: fizzForwarderAbi, functionName: "nonces" } as const;
    const reading = client.readContract({ ...call, args: [account.address] }).catch((error: unknown) => {
      throw chainError(error, "Reading the nonce of the forwarder");
    });
    return requireNextNonce(nextNonce, await reading);
  }

  async #chainTime(): Promise<number> {
    try {
      const { timestamp } = await this.#components.client.getBlock({ blockTag: "latest" });
      return Math.max(Number(timestamp), Math.floor(this.#components.clock.now() / 1_000));
    } catch (error) {
      throw chainError(error, "Reading the newest block");
    }
  }

  /** Until the chain has it. The gateway's word alone is not enough. */
  async #follow(call: Call, handed: Handed): Promise<void> {
    const data = encodeFunctionData(call);
    const { functionName } = call;
    const { id } = handed;
    const { clock } = this.#components;
    const { pollMs = POLL_MS, minedTimeoutMs = MINED_TIMEOUT_MS } = this.#init;
    const until = clock.now() + minedTimeoutMs;
    let found: RelayedRequest | undefined;
    do {
      found = await this.#stateOf(id);
      if (found !== undefined && (await this.#isDone(found, functionName, handed))) return;
      await clock.sleep(pollMs, NEVER);
    } while (clock.now() < until);
    // A gateway that is away does not hold the call up: what it may still do, the contract refuses a second time.
    if (found === undefined) this.#pending.delete(data);
    throw new ProtocolError("TX_LOST", `${functionName}: the request ${id} is in no block yet.`);
  }

  /** Undefined while the gateway does not answer. */
  async #stateOf(id: Hex): Promise<RelayedRequest | undefined> {
    try {
      return await this.#components.gateway.relayedRequest(id);
    } catch (error) {
      this.#components.log.debug({ event: "request.unread", id, error }, "The gateway did not say.");
      return undefined;
    }
  }

  async #isDone(told: RelayedRequest, what: string, { signed, domain }: Handed): Promise<boolean> {
    const { client } = this.#components;
    const hash = this.#minedHashOf(told, what, signed.request.data);
    if (hash === undefined) return false;
    const found = await Promise.all([
      client.getTransactionReceipt({ hash }),
      client.getTransaction({ hash }),
    ]).catch(() => undefined);
    if (found?.[0].status !== "success") return false;
    this.#pending.delete(signed.request.data);
    if (carriesRequest(found[1], domain, signed)) return true;
    throw new ProtocolError("TX_LOST", `${what}: the gateway names ${hash}, which is another transaction.`);
  }

  #minedHashOf({ state, txHash, code, reason }: RelayedRequest, what: string, data: Hex): Hex | undefined {
    if (state === "failed" || state === "expired") {
      this.#pending.delete(data);
      const why = reason ?? `the request is ${state}`;
      throw new ProtocolError("TX_LOST", `${what}: ${why} (${code ?? state})`);
    }
    return state === "mined" || state === "final" ? (txHash ?? undefined) : undefined;
  }

  async #inTurn<Result>(task: () => Promise<Result>): Promise<Result> {
    const result = this.#turn.then(task);
    this.#turn = result.catch(() => undefined);
    return await result;
  }
}
