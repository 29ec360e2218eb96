// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Resources} from "../types/Resources.sol";

/// @title INodeRegistry
/// @notice Who offers machines: one record per node, its two keys, its mode, its resources and its subnets.
interface INodeRegistry {
    /// @notice `Fizz` is a community machine, `Provider` an enterprise grade one.
    enum Mode {
        Fizz,
        Provider
    }

    /// @notice Only an `Active` node backs a new lease. A node is `Active` while it is in at least one subnet.
    /// @dev Every way from one status to another; nothing else is possible:
    ///
    /// | from                                      | to                   | by                                         |
    /// | ----------------------------------------- | -------------------- | ------------------------------------------ |
    /// | None                                      | Registered           | `register`                                 |
    /// | Registered                                | Active               | the first subnet joined                    |
    /// | Active                                    | Registered           | the last subnet left                       |
    /// | Registered, Active                        | Draining             | `setDraining(true)`                        |
    /// | Active                                    | Draining             | `thawBond` below what its offer needs      |
    /// | Draining                                  | Registered or Active | `setDraining(false)`, by its memberships   |
    /// | Registered, Active, Draining              | Suspended            | `suspend`; `slashBond` below what is needed|
    /// | Suspended                                 | Registered or Active | `reinstate`, by its memberships            |
    /// | Registered, Active, Draining, Suspended   | Exiting              | `requestExit`                              |
    /// | Exiting                                   | Exited               | `finishExit`, {EXIT_SECONDS} later         |
    enum NodeStatus {
        None,
        Registered,
        Active,
        Draining,
        Exiting,
        Exited,
        Suspended
    }

    /// @notice One registered machine.
    /// @param owner Cold wallet that pays the fee and earns.
    /// @param mode Fizz or Provider, fixed at registration.
    /// @param status Where the node is in its life.
    /// @param registeredAt Unix time of the registration, in seconds.
    /// @param operator Hot key on the machine: signs quotes, confirms starts, is the libp2p identity.
    /// @param cpuTier Index of the claimed CPU tier in `protocol/tiers`.
    /// @param gpuTier Index of the claimed GPU tier in `protocol/tiers`; 0 without a GPU.
    /// @param subnetCount Number of subnets the node is in.
    /// @param resources What the node offers in total.
    /// @param region ASCII region code, right padded with zero bytes.
    struct Node {
        address owner;
        Mode mode;
        NodeStatus status;
        uint40 registeredAt;
        address operator;
        uint16 cpuTier;
        uint16 gpuTier;
        uint32 subnetCount;
        Resources resources;
        bytes16 region;
    }

    /// @notice What an owner registers.
    /// @param mode Fizz or Provider.
    /// @param operator Hot key of the machine; unused by any other node.
    /// @param resources What the node offers in total.
    /// @param cpuTier Index of the claimed CPU tier.
    /// @param gpuTier Index of the claimed GPU tier.
    /// @param region ASCII region code.
    struct Registration {
        Mode mode;
        address operator;
        Resources resources;
        uint16 cpuTier;
        uint16 gpuTier;
        bytes16 region;
    }

    /// @notice A node's word that it joins a subnet, for somebody else to bring.
    /// @param nodeId Identifier of the node.
    /// @param subnetId Identifier of the subnet.
    /// @param acceptedCutBps Largest cut that it accepts, in 1/10000.
    /// @param expiresAt Last Unix second at which it is good.
    /// @param nonce Any number that the node did not use yet; used once.
    struct SubnetOptIn {
        uint64 nodeId;
        uint32 subnetId;
        uint16 acceptedCutBps;
        uint40 expiresAt;
        uint256 nonce;
    }

    /// @notice A node was registered and paid for.
    /// @param nodeId Identifier of the node.
    /// @param owner Wallet that earns.
    /// @param operator Hot key of the machine.
    /// @param mode Fizz or Provider.
    /// @param resources What the node offers in total.
    /// @param cpuTier Index of the claimed CPU tier.
    /// @param gpuTier Index of the claimed GPU tier.
    /// @param region ASCII region code.
    event NodeRegistered(
        uint64 indexed nodeId,
        address indexed owner,
        address indexed operator,
        Mode mode,
        Resources resources,
        uint16 cpuTier,
        uint16 gpuTier,
        bytes16 region
    );

    /// @notice A node entered another status.
    /// @param nodeId Identifier of the node.
    /// @param status New status.
    event NodeStatusChanged(uint64 indexed nodeId, NodeStatus status);

    /// @notice A node takes no more leases and is gone for good after a while.
    /// @param nodeId Identifier of the node.
    /// @param exitAt Unix time from which anybody may finish the exit.
    event NodeExitRequested(uint64 indexed nodeId, uint40 exitAt);

    /// @notice A node offers something else from now on.
    /// @param nodeId Identifier of the node.
    /// @param resources What it offers in total.
    event NodeResourcesChanged(uint64 indexed nodeId, Resources resources);

    /// @notice A node opted in to a subnet.
    /// @param nodeId Identifier of the node.
    /// @param subnetId Identifier of the subnet.
    /// @param acceptedCutBps Largest cut it accepts, in 1/10000.
    event SubnetJoined(uint64 indexed nodeId, uint32 indexed subnetId, uint16 acceptedCutBps);

    /// @notice A node accepts another cut of a subnet for leases from now on.
    /// @param nodeId Identifier of the node.
    /// @param subnetId Identifier of the subnet.
    /// @param acceptedCutBps Largest cut it accepts, in 1/10000.
    event AcceptedCutChanged(uint64 indexed nodeId, uint32 indexed subnetId, uint16 acceptedCutBps);

    /// @notice A signed opt-in can no longer be used: it was, or its node took it back.
    /// @param nodeId Identifier of the node.
    /// @param nonce Its nonce.
    event OptInSpent(uint64 indexed nodeId, uint256 nonce);

    /// @notice A node left a subnet.
    /// @param nodeId Identifier of the node.
    /// @param subnetId Identifier of the subnet.
    event SubnetLeft(uint64 indexed nodeId, uint32 indexed subnetId);

    /// @notice Registration fees went to the reward pool.
    /// @param to Account that got them.
    /// @param amount Wei.
    event FeesWithdrawn(address indexed to, uint256 amount);

    /// @notice Another account gets the registration fees from now on.
    /// @param feeReceiver The account.
    event FeeReceiverChanged(address indexed feeReceiver);

    error NodeRegistry_WrongFee(uint256 sent, uint256 required);
    error NodeRegistry_OperatorTaken(address operator, uint64 nodeId);
    error NodeRegistry_ZeroOperator();
    error NodeRegistry_BadConsent(address operator, address recovered);
    error NodeRegistry_EmptyResources(uint32 milliCpu, uint32 memoryMiB);
    error NodeRegistry_OfferTooLarge(string field, uint256 offered, uint256 limit);
    error NodeRegistry_TierTooLarge(uint16 tier, uint16 max);
    error NodeRegistry_NodeNotFound(uint64 nodeId);
    error NodeRegistry_NotOwner(uint64 nodeId, address caller);
    error NodeRegistry_NotOwnerOrOperator(uint64 nodeId, address caller);
    error NodeRegistry_WrongStatus(uint64 nodeId, NodeStatus status);
    error NodeRegistry_AlreadyInSubnet(uint64 nodeId, uint32 subnetId);
    error NodeRegistry_NotInSubnet(uint64 nodeId, uint32 subnetId);
    error NodeRegistry_CutTooHigh(uint16 subnetCutBps, uint16 acceptedCutBps);
    error NodeRegistry_NotAdmitted(uint64 nodeId, uint32 subnetId);
    error NodeRegistry_BadAcceptedCut(uint16 acceptedCutBps, uint16 max);
    error NodeRegistry_OptInExpired(uint40 expiresAt, uint256 time);
    error NodeRegistry_OptInUsed(uint64 nodeId, uint256 nonce);
    error NodeRegistry_BadOptInSignature(uint64 nodeId, address recovered);
    error NodeRegistry_ExitTimeNotReached(uint64 nodeId, uint40 exitAt);
    error NodeRegistry_TooManySubnets(uint64 nodeId, uint32 max);
    error NodeRegistry_TransferFailed(address to, uint256 amount);
    error NodeRegistry_ZeroFeeReceiver();

    /// @notice Registers a node and takes the registration fee. The caller becomes the owner.
    /// @dev Emits {NodeRegistered}. `consent` proves that the operator key agrees to serve this owner:
    /// an EIP-712 `OperatorConsent(address owner,address operator)` of domain `Fizz`/`1` and this contract,
    /// signed by the operator. It may be empty when the caller is the operator.
    /// The fee is the owner's own transaction. Through the forwarder the caller is the signer of the request and the coin
    /// is the relayer's: that works where a relayer chooses to pay, and the protocol's gateways do not.
    ///
    /// Requirements:
    /// - `msg.value` is exactly {REGISTRATION_FEE}.
    /// - The operator is not zero, not used by another node (an exited one keeps its key), and consents.
    /// - CPU and memory are not zero; nothing is above what {offerLimitOf} says without a bond; tiers are at most 255.
    ///
    /// @param registration What is offered, and by which key.
    /// @param consent Signature of the operator, or empty when the operator itself calls.
    /// @return nodeId Identifier of the node, counted from 1.
    function register(
        Registration calldata registration,
        bytes calldata consent
    ) external payable returns (uint64 nodeId);

    /// @notice Replaces what the node offers. Leases that already run are not touched.
    /// @dev Emits {NodeResourcesChanged}. Requirements: caller is the owner; node not exited; CPU and memory are not zero;
    /// nothing is above what {offerLimitOf} says with the node's bond.
    /// @param nodeId Identifier of the node.
    /// @param resources What it offers from now on.
    function setResources(uint64 nodeId, Resources resources) external;

    /// @notice Joins a subnet, accepting its cut up to `acceptedCutBps`. The first subnet makes a node `Active`.
    /// @dev Emits {SubnetJoined} and, on the first, {NodeStatusChanged}.
    ///
    /// Requirements:
    /// - Caller is owner or operator; the node is `Registered` or `Active`; it is in fewer than {MAX_SUBNETS}.
    /// - The bond is what its mode and offer need: see {offerLimitOf}.
    /// - The subnet exists, admits the node, and its cut is at most `acceptedCutBps`, which is at most 10,000.
    ///
    /// @param nodeId Identifier of the node.
    /// @param subnetId Identifier of the subnet.
    /// @param acceptedCutBps Largest cut of the subnet that the node accepts, in 1/10000.
    function joinSubnet(uint64 nodeId, uint32 subnetId, uint16 acceptedCutBps) external;

    /// @notice {joinSubnet} with the node's signature: anyone brings it, and pays for it.
    /// @dev Emits as {joinSubnet}, and {OptInSpent}. EIP-712
    /// `SubnetOptIn(uint64 nodeId,uint32 subnetId,uint16 acceptedCutBps,uint40 expiresAt,uint256 nonce)`, domain
    /// `Fizz`/`1`, this contract. An owner that is a contract signs by ERC-1271.
    ///
    /// Requirements: as {joinSubnet}; signed by the node's owner or operator; not expired; the nonce was not used.
    ///
    /// @param optIn What was signed.
    /// @param signature Of the node's owner or operator.
    function joinSubnetWithSignature(SubnetOptIn calldata optIn, bytes calldata signature) external;

    /// @notice Takes a signed opt-in back before somebody brings it.
    /// @dev Emits {OptInSpent}. Requirements: caller is owner or operator; the nonce was not used.
    /// @param nodeId Identifier of the node.
    /// @param nonce Of the opt-in.
    function invalidateOptIn(uint64 nodeId, uint256 nonce) external;

    /// @notice Accepts another cut of a subnet that the node is in, for leases from now on.
    /// @dev Emits {AcceptedCutChanged}. Requirements: caller is owner or operator; the node is in the subnet; at most
    /// 10,000.
    /// @param nodeId Identifier of the node.
    /// @param subnetId Identifier of the subnet.
    /// @param acceptedCutBps Largest cut of the subnet that the node accepts, in 1/10000.
    function setAcceptedCut(uint64 nodeId, uint32 subnetId, uint16 acceptedCutBps) external;

    /// @notice Leaves a subnet. Running leases go on. The last subnet left makes the node `Registered` again.
    /// @dev Emits {SubnetLeft} and, on the last of an Active node, {NodeStatusChanged}; other statuses stay.
    /// Requirements: caller is owner or operator; the node is in the subnet.
    /// @param nodeId Identifier of the node.
    /// @param subnetId Identifier of the subnet.
    function leaveSubnet(uint64 nodeId, uint32 subnetId) external;

    /// @notice Takes no new leases (`draining` true), or takes them again.
    /// @dev Emits {NodeStatusChanged} when something changes. Requirements: caller is owner or operator; status is
    /// `Active` or `Draining` (or `Registered` for true); for false the bond is what mode and offer need.
    /// @param nodeId Identifier of the node.
    /// @param draining Whether new leases are refused.
    function setDraining(uint64 nodeId, bool draining) external;

    /// @notice Starts to leave for good. No new lease from now; running leases go on, and the bond thaws as ever.
    /// @dev Emits {NodeExitRequested} and {NodeStatusChanged}. Requirements: caller is the owner; the node is neither
    /// Exiting nor Exited.
    /// @param nodeId Identifier of the node.
    function requestExit(uint64 nodeId) external;

    /// @notice Finishes an exit. The memberships are void; the operator key stays taken.
    /// @dev Emits {NodeStatusChanged}. Anyone may call. Requirements: Exiting; the time is over.
    /// @param nodeId Identifier of the node.
    function finishExit(uint64 nodeId) external;

    /// @notice Sends collected registration fees to the reward pool's account.
    /// @dev Emits {FeesWithdrawn} when there is something to send. Anyone may call; the destination is fixed by the
    /// protocol's owner. Requirements: the destination takes the coin.
    /// @return amount Wei sent.
    function withdrawFees() external returns (uint256 amount);

    /// @notice Names the account of the reward pool, which gets the registration fees.
    /// @dev Emits {FeeReceiverChanged}. Requirements: caller is the protocol's owner; not zero.
    /// @param receiver The account.
    function setFeeReceiver(address receiver) external;

    /// @notice The record of a node; all zero when there is none.
    /// @param nodeId Identifier of the node.
    /// @return node The record.
    function nodeOf(uint64 nodeId) external view returns (Node memory node);

    /// @notice The node that an operator key serves; 0 when none.
    /// @param operator Hot key.
    /// @return nodeId Identifier of the node.
    function nodeIdOf(address operator) external view returns (uint64 nodeId);

    /// @notice Whether a node is in a subnet, and up to which cut.
    /// @param nodeId Identifier of the node.
    /// @param subnetId Identifier of the subnet.
    /// @return joined Whether it is in the subnet.
    /// @return acceptedCutBps Largest cut it accepts, in 1/10000.
    function membershipOf(uint64 nodeId, uint32 subnetId) external view returns (bool joined, uint16 acceptedCutBps);

    /// @notice Whether a node may have been Active and in a subnet at a time that is over. False only where it certainly
    /// was not: the last leave, join and change from Active are remembered, and earlier ones are not. What was true of a
    /// time stays true of it, whatever the node does later.
    /// @param nodeId Identifier of the node.
    /// @param subnetId Identifier of the subnet.
    /// @param time Unix time, in seconds; not after now. Changes within that second count for the node.
    /// @return maybe Whether it may have been.
    function wasOnOffer(uint64 nodeId, uint32 subnetId, uint256 time) external view returns (bool maybe);

    /// @notice Everything that opening a lease must know, in one call.
    /// @param nodeId Identifier of the node.
    /// @param subnetId Subnet through which the lease is made.
    /// @return owner Wallet that earns.
    /// @return operator Key that signs quotes.
    /// @return status Where the node is in its life.
    /// @return resources What it offers in total.
    /// @return joined Whether it is in the subnet.
    /// @return acceptedCutBps Largest cut of the subnet it accepts.
    /// @return cpuTier Index of the claimed CPU tier.
    /// @return gpuTier Index of the claimed GPU tier.
    function leaseFactsOf(
        uint64 nodeId,
        uint32 subnetId
    )
        external
        view
        returns (
            address owner,
            address operator,
            NodeStatus status,
            Resources resources,
            bool joined,
            uint16 acceptedCutBps,
            uint16 cpuTier,
            uint16 gpuTier
        );

    /// @notice When a node's exit may be finished, and when it may be reinstated.
    /// @param nodeId Identifier of the node.
    /// @return exitAt Unix time; 0 when no exit was requested.
    /// @return suspendedUntil Unix time; 0 when it is not suspended.
    function deadlinesOf(uint64 nodeId) external view returns (uint40 exitAt, uint40 suspendedUntil);

    /// @notice Whether a node's opt-in with this nonce was used or taken back.
    /// @param nodeId Identifier of the node.
    /// @param nonce Of the opt-in.
    /// @return spent Whether it was.
    function isOptInSpent(uint64 nodeId, uint256 nonce) external view returns (bool spent);

    /// @notice The wallet that earns for a node; zero when there is no such node.
    /// @param nodeId Identifier of the node.
    /// @return owner The wallet.
    function ownerOf(uint64 nodeId) external view returns (address owner);

    /// @notice The hot key of a node; zero when there is no such node.
    /// @param nodeId Identifier of the node.
    /// @return operator The key.
    function operatorOf(uint64 nodeId) external view returns (address operator);

    /// @notice Account that gets the registration fees.
    /// @return receiver The account.
    function feeReceiver() external view returns (address receiver);

    /// @notice Most subnets that one node may be in.
    /// @return max The number.
    function MAX_SUBNETS() external view returns (uint32 max); // solhint-disable-line func-name-mixedcase

    /// @notice Time from asking for an exit until it may be finished.
    /// @return exitSeconds The time in seconds.
    function EXIT_SECONDS() external view returns (uint40 exitSeconds); // solhint-disable-line func-name-mixedcase

    /// @notice Number of nodes ever registered; ids run from 1 to this number.
    /// @return count The number.
    function nodeCount() external view returns (uint64 count);

    /// @notice Wei that `register` takes, exactly: 0.005 ETH.
    /// @return fee The fee in wei.
    function REGISTRATION_FEE() external view returns (uint256 fee); // solhint-disable-line func-name-mixedcase

    /// @notice Registration fees collected and not yet withdrawn, in wei.
    /// @return amount The amount.
    function feesCollected() external view returns (uint256 amount);

    /// @notice The most that a node may offer. A Fizz node offers a 32 CPU machine with one GPU, and four times that with
    /// a bond of {FIZZ_RAISED_BOND}; a provider node whatever can be stored.
    /// @param mode Fizz or Provider.
    /// @param backing Wei of its bond that do not thaw.
    /// @return limit Field by field; the GPU model is not limited by mode.
    function offerLimitOf(Mode mode, uint96 backing) external pure returns (Resources limit);
}
