// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Resources} from "../types/Resources.sol";
import {ILeaseUpdates} from "./ILeaseUpdates.sol";

/// @title ILeaseMarket
/// @notice Escrow accounts and leases: one transaction from a node's signed quote to a lease, payment by the second.
/// @dev Types, events and errors are in {ILeaseTypes}; updates of running leases in {ILeaseUpdates}; what others read of
/// it in {IMarketMeters}.
interface ILeaseMarket is ILeaseUpdates {
    /// @notice Credits the caller's account with the native coin sent.
    /// @dev Emits {Deposited}. Requirements: `msg.value` is not zero; the native coin is allowed.
    function deposit() external payable;

    /// @notice Moves an allowed ERC-20 from the caller into its account. What arrives is what is credited.
    /// @dev Emits {Deposited}. Requirements: token allowed and not native; something arrives; with it the market holds
    /// at most 2^96 − 1 units of the token, so that no sum inside ever overflows.
    /// @param token The ERC-20.
    /// @param amount Token units to pull.
    function depositToken(address token, uint256 amount) external;

    /// @notice {depositToken} with an EIP-2612 permit. A permit that was front-run does not make it revert.
    /// @param token The ERC-20.
    /// @param amount Token units to pull, and the value of the permit.
    /// @param permitDeadline Unix time in seconds.
    /// @param v Signature.
    /// @param r Signature.
    /// @param s Signature.
    function depositWithPermit(
        address token,
        uint256 amount,
        uint256 permitDeadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;

    /// @notice Pays free balance of the caller to the caller.
    /// @dev Emits {Withdrawn}. Requirements: the token pays for leases, or did; `amount` is not zero and at most the free
    /// balance; the transfer succeeds.
    /// @param token Token; zero for the native coin.
    /// @param amount Token units.
    function withdraw(address token, uint256 amount) external;

    /// @notice From a signed quote to a lease, in one transaction. Native coin sent along is deposited first.
    /// @dev Emits {LeaseOpened}. The manifest hash is keccak256(abi.encode(quote.openPartHash, terms.sealedPartHash));
    /// the lease hash is keccak256(abi.encode(block.chainid, this, tenant, quoteHash, manifestHash, terms.salt)) with its
    /// lower 72 bits cleared, where quoteHash is the EIP-712 struct hash of the quote.
    ///
    /// Requirements:
    /// - The quote is not expired, not used, signed by the node's operator, for the caller or anyone, its windows are
    ///   within the constants, and its cuts are the current ones.
    /// - The node is Active, in the subnet (which is active), and accepts its cut.
    /// - `prepaidSeconds` lies within the quote's bounds; free balance covers ceil(rate × prepaid / 1e12).
    /// - Used resources of the node plus these do not exceed what it registered; the GPU model is the node's; CPU, memory
    ///   and storage fit 24 bits each, and the GPU units 8.
    /// - Value comes only with a quote in the native coin.
    ///
    /// @param quote The node's bid.
    /// @param signature 65 bytes of the node's operator.
    /// @param terms What the tenant adds.
    /// @return lid Small number of the lease, counted from 1.
    function open(
        Quote calldata quote,
        bytes calldata signature,
        Terms calldata terms
    ) external payable returns (uint256 lid);

    /// @notice The node says that the containers run: billing starts now.
    /// @dev Emits {LeaseStarted}. Requirements: caller is the node's operator; lease Open, hash as given, deadline not
    /// passed.
    /// @param lid Lease.
    /// @param leaseHash The lease that the node means.
    function confirmStart(uint256 lid, bytes32 leaseHash) external;

    /// @notice The node declines an Open lease: everything goes back to the tenant.
    /// @dev Emits {LeaseClosed}. Requirements: caller is the operator; Open; hash as given; reason 10000–19999; the
    /// start deadline has not passed (a node that took the manifest and did not start cannot dodge its strike).
    /// @param lid Lease.
    /// @param leaseHash The lease that the node means.
    /// @param reason Why.
    function decline(uint256 lid, bytes32 leaseHash, uint16 reason) external;

    /// @notice Closes an Open lease whose start deadline has passed.
    /// With a receipt of the node for the manifest: full refund and a strike. Without: the reservation fee goes to
    /// the node (with its splits), the rest back. For {TENANT_GRACE_SECONDS} after the deadline only the tenant may call.
    /// @dev Emits {LeaseClosed}, {NodeStruck} with a receipt, {LeaseSettled} without.
    /// @param lid Lease.
    /// @param receipt EIP-712 `ManifestReceipt(uint256 lid,bytes32 leaseHash,bytes32 manifestHash)` by the operator, or empty.
    function expire(uint256 lid, bytes calldata receipt) external;

    /// @notice Adds prepaid time from the caller's free balance. Native coin sent along is deposited first.
    /// @dev Emits {LeaseToppedUp}; settles first, so an exhausted lease cannot be revived. Requirements: Open, Active or
    /// Reclaiming; not exhausted; amount not zero and covered.
    /// @param lid Lease.
    /// @param amount Token units.
    function topUp(uint256 lid, uint256 amount) external payable;

    /// @notice Releases what was earned until {IMarketMeters.HOLDBACK_SECONDS} ago; of a Closed lease, all that it held
    /// back once that time is over. Anyone may call; destinations are fixed.
    /// @dev Emits {LeaseSettled} when whole units moved. Requirements: the lease exists.
    /// @param lid Lease.
    function settle(uint256 lid) external;

    /// @notice {settle} for many. Requirements: as {settle}; at most {MAX_SETTLE_BATCH} of them.
    /// @param lids Leases, at most {MAX_SETTLE_BATCH}.
    function settleMany(uint256[] calldata lids) external;

    /// @notice The node gives notice: after the quoted window it may close. The rate runs on.
    /// @dev Emits {ReclaimNoticed}. Requirements: operator or owner of the node; Active; reason 10000–19999.
    /// @param lid Lease.
    /// @param reason Why.
    function giveNotice(uint256 lid, uint16 reason) external;

    /// @notice Ends a lease: the time used is the node's, the rest goes back to the tenant at once. What is earned and
    /// held back stays in the lease until {settle} releases it.
    /// @dev Emits {LeaseSettled} when whole units were released, and {LeaseClosed}.
    ///
    /// Requirements:
    /// - Tenant: Open (pays the reservation fee), Active or Reclaiming; reason 1–9999.
    /// - Node (operator or owner): Active or Reclaiming with the funds exhausted (reason becomes 20001), or Reclaiming
    ///   with the window over (reason 10000–19999).
    /// - Anyone: exhausted (reason becomes 20001).
    ///
    /// @param lid Lease.
    /// @param reason Why.
    function close(uint256 lid, uint16 reason) external;

    /// @notice Moves a node's earnings to the account of its owner. Anyone may call.
    /// @dev Emits {EarningsCollected} when there was something. Requirements: the token pays for leases, or did.
    /// @param nodeId Node.
    /// @param subnetId Subnet through which it earned them.
    /// @param token Token; zero for the native coin.
    /// @return amount Token units moved.
    function collect(uint64 nodeId, uint32 subnetId, address token) external returns (uint256 amount);

    /// @notice Moves the cuts of a subnet's leases to the accounts of its owner and of the treasury. Anyone may call.
    /// @dev Emits {SubnetEarningsCollected} when there was something. Requirements: the token pays for leases, or did.
    /// @param subnetId Subnet.
    /// @param token Token; zero for the native coin.
    /// @return toSubnet Token units of the subnet's cut.
    /// @return toProtocol Token units of the protocol's cut.
    function collectSubnet(uint32 subnetId, address token) external returns (uint256 toSubnet, uint256 toProtocol);

    /// @notice Voids one of the node's own quotes. Caller is its operator or owner.
    /// @dev Emits {NonceInvalidated}. Requirements: the nonce is neither used nor void.
    /// @param nodeId Node.
    /// @param nonce Nonce of the quote.
    function invalidateNonce(uint64 nodeId, uint256 nonce) external;

    /// @notice Allows or refuses a token for new deposits and leases. What is deposited stays withdrawable.
    /// @dev Emits {TokenAllowed}. Requirements: caller is the owner.
    /// @param token Token; zero for the native coin.
    /// @param allowed Whether it pays for leases.
    function setTokenAllowed(address token, bool allowed) external;

    /// @notice Changes the cut of the protocol for leases opened from now on.
    /// @dev Emits {ProtocolCutChanged}. Requirements: caller is the owner; at most {MAX_PROTOCOL_CUT_BPS}.
    /// @param cutBps New cut, in 1/10000.
    function setProtocolCut(uint16 cutBps) external;

    /// @notice Changes the account that gets the protocol's cut from now on.
    /// @dev Emits {TreasuryChanged}. Requirements: caller is the owner; not zero.
    /// @param newTreasury The account.
    function setTreasury(address newTreasury) external;

    /// @notice Wires in the contract that settles offences, once and for all.
    /// @dev Emits {SlasherSet}. Requirements: caller is the owner; not zero; none is set.
    /// @param newSlasher The contract.
    function setSlasher(address newSlasher) external;

    /// @notice A lease; all zero when there is none.
    /// @param lid Lease.
    /// @return lease The lease as stored, not settled to now.
    function leaseOf(uint256 lid) external view returns (Lease memory lease);

    /// @notice The update that waits for the node.
    /// @param lid Lease.
    /// @return update Version 0 when none.
    function pendingUpdateOf(uint256 lid) external view returns (PendingUpdate memory update);

    /// @notice Escrow account.
    /// @param account Owner.
    /// @param token Token; zero for the native coin.
    /// @return free Withdrawable token units. What is locked is the sum of the balances of the tenant's leases.
    function accountOf(address account, address token) external view returns (uint256 free);

    /// @notice Cuts of a subnet's leases that wait to be collected.
    /// @dev Requirements: the token pays for leases, or did.
    /// @param subnetId Subnet.
    /// @param token Token; zero for the native coin.
    /// @return toSubnet Token units of the subnet's cut.
    /// @return toProtocol Token units of the protocol's cut.
    function subnetEarningsOf(
        uint32 subnetId,
        address token
    ) external view returns (uint256 toSubnet, uint256 toProtocol);

    /// @notice Unix time at which the prepaid balance is used up; 0 unless Active or Reclaiming.
    /// @param lid Lease.
    /// @return until Unix time in seconds.
    function paidUntil(uint256 lid) external view returns (uint256 until);

    /// @notice What a close now would credit.
    /// @param lid Lease.
    /// @return earned Token units owed for the time since the last settlement, before splits, held back or not; while
    /// Open, the reservation fee that a close by the tenant would cost; once Closed, what it still holds back.
    /// @return refund Token units that go back to the tenant.
    function previewClose(uint256 lid) external view returns (uint256 earned, uint256 refund);

    /// @notice Resources of a node that are reserved by leases.
    /// @param nodeId Node.
    /// @return used The sum.
    function usedOf(uint64 nodeId) external view returns (Resources used);

    /// @notice Strikes of a node for starts it missed with the manifest in hand.
    /// @param nodeId Node.
    /// @return strikes The number.
    function strikesOf(uint64 nodeId) external view returns (uint32 strikes);

    /// @notice Whether a quote nonce was used or voided.
    /// @param nodeId Node.
    /// @param nonce Nonce.
    /// @return used Whether it is spent.
    function isNonceUsed(uint64 nodeId, uint256 nonce) external view returns (bool used);

    /// @notice Current cut of the protocol, in 1/10000.
    /// @return cutBps The cut.
    function protocolCutBps() external view returns (uint16 cutBps);

    /// @notice Account that gets the protocol's cut.
    /// @return account The account.
    function treasury() external view returns (address account);

    /// @notice Whether a token pays for leases.
    /// @param token Token; zero for the native coin.
    /// @return allowed Whether it does.
    function isTokenAllowed(address token) external view returns (bool allowed);

    /// @notice A token by its index.
    /// @param index 0 for the native coin; the others in the order in which they were first allowed.
    /// @return token The token; zero for the native coin.
    function tokenAt(uint16 index) external view returns (address token);

    /// @notice Contract that settles offences; zero until it is wired in.
    /// @return account The contract.
    function slasher() external view returns (address account);

    /// @notice Number of leases ever opened.
    /// @return count The number; lids run from 1 to it.
    function leaseCount() external view returns (uint256 count);

    /// @notice EIP-712 struct hash of a quote.
    /// @param quote The bid.
    /// @return structHash As in the lease hash.
    function quoteHashOf(Quote calldata quote) external pure returns (bytes32 structHash);
}
