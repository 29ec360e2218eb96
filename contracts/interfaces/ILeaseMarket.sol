// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Resources} from "../types/Resources.sol";
import {ILeaseNotices} from "./ILeaseNotices.sol";
import {ILeaseUpdates} from "./ILeaseUpdates.sol";

/// @title ILeaseMarket
/// @notice Escrow accounts and leases: one transaction from a node's signed quote to a lease, payment by the second.
/// @dev Rates are token units × 1e12 per second. Whole units move; the scaled rest stays with the lease. Updates of running
/// leases are in {ILeaseUpdates}, notices and missed starts in {ILeaseNotices}; what others read of the market in {IMarketMeters}.
interface ILeaseMarket is ILeaseUpdates, ILeaseNotices {
    /// @notice See the table in docs: Open → Active → (Reclaiming) → Closed.
    enum LeaseState {
        None,
        Open,
        Active,
        Reclaiming,
        Closed
    }

    /// @notice A node's bid. Signed by its operator as EIP-712, domain `Fizz`/`1`, this contract.
    /// @param nodeId Node that bids.
    /// @param subnetId Subnet through which the lease is made.
    /// @param tenant Who may use it; zero for anyone.
    /// @param token Payment token; zero for the native coin.
    /// @param ratePerSecond Price, token units × 1e12 per second.
    /// @param resources What is reserved.
    /// @param openPartHash Hash of the open part of the manifest that was priced.
    /// @param sealingKey X25519 public key to which the sealed part is encrypted.
    /// @param startWindowSeconds Time from `open` within which the node must confirm the start.
    /// @param noticeSeconds Time from a reclaim notice until the node may close.
    /// @param minSeconds Least time to prepay.
    /// @param maxSeconds Most time to prepay.
    /// @param reservationSeconds Time paid to the node when the tenant lets the lease lapse unstarted.
    /// @param subnetCutBps Cut of the subnet, in 1/10000.
    /// @param protocolCutBps Cut of the protocol, in 1/10000.
    /// @param expiresAt Unix time in seconds after which the quote is void.
    /// @param nonce Unordered, single use.
    struct Quote {
        uint64 nodeId;
        uint32 subnetId;
        address tenant;
        address token;
        uint96 ratePerSecond;
        Resources resources;
        bytes32 openPartHash;
        bytes32 sealingKey;
        uint32 startWindowSeconds;
        uint32 noticeSeconds;
        uint32 minSeconds;
        uint32 maxSeconds;
        uint16 reservationSeconds;
        uint16 subnetCutBps;
        uint16 protocolCutBps;
        uint40 expiresAt;
        uint256 nonce;
    }

    /// @notice What the tenant adds to a quote.
    /// @param sealedPartHash Hash of the sealed part of the manifest.
    /// @param prepaidSeconds Time locked in advance.
    /// @param salt Chosen by the tenant; makes the lease hash unguessable and unique.
    struct Terms {
        bytes32 sealedPartHash;
        uint32 prepaidSeconds;
        bytes32 salt;
    }

    /// @notice A change of a running lease.
    /// @param openPartHash Open part of the new manifest.
    /// @param sealedPartHash Sealed part of the new manifest.
    /// @param currentSealedPartHash Sealed part of the running manifest; proves that the open part stays the same
    /// when no quote comes with the update. Ignored with a quote.
    /// @param version Running version + 1.
    /// @param expiresAt Unix time in seconds after which the node may no longer confirm.
    struct Update {
        bytes32 openPartHash;
        bytes32 sealedPartHash;
        bytes32 currentSealedPartHash;
        uint16 version;
        uint40 expiresAt;
    }

    /// @notice One lease.
    /// @param tenant Who pays.
    /// @param nodeId Who serves.
    /// @param subnetId Through which gateway.
    /// @param token Payment token; zero for the native coin.
    /// @param ratePerSecond Token units × 1e12 per second.
    /// @param balance Prepaid and not yet released, token units: what is earned and held back is in it.
    /// @param settledAt Unix time up to which the node's earnings were released; time of `open` while Open.
    /// @param deadline Open: start deadline. Reclaiming: when the node may close. Closed with a balance: from when
    /// `settle` releases it. Otherwise 0.
    /// @param state Where the lease is.
    /// @param version Version of the manifest that runs, from 1.
    /// @param resources What is reserved.
    /// @param scaledRemainder Earned, below one token unit, × 1e12.
    /// @param subnetCutBps Cut of the subnet, in 1/10000.
    /// @param protocolCutBps Cut of the protocol, in 1/10000.
    /// @param noticeSeconds Reclaim notice.
    /// @param reservationSeconds See {Quote}.
    /// @param leaseHash Content id, see {open}; its lower 72 bits are zero.
    /// @param manifestHash keccak256(abi.encode(openPartHash, sealedPartHash)) of the running version.
    struct Lease {
        address tenant;
        uint64 nodeId;
        uint32 subnetId;
        address token;
        uint96 ratePerSecond;
        uint128 balance;
        uint40 settledAt;
        uint40 deadline;
        LeaseState state;
        uint16 version;
        Resources resources;
        uint40 scaledRemainder;
        uint16 subnetCutBps;
        uint16 protocolCutBps;
        uint32 noticeSeconds;
        uint16 reservationSeconds;
        bytes32 leaseHash;
        bytes32 manifestHash;
    }

    /// @notice A requested and not yet confirmed update; `version` 0 when there is none.
    /// @param manifestHash Of the new version.
    /// @param resources After the update.
    /// @param ratePerSecond After the update.
    /// @param version New version.
    /// @param expiresAt Unix time in seconds.
    struct PendingUpdate {
        bytes32 manifestHash;
        Resources resources;
        uint96 ratePerSecond;
        uint16 version;
        uint40 expiresAt;
    }

    /// @notice Free balance came in.
    /// @param account Who owns it.
    /// @param token Token; zero for the native coin.
    /// @param amount Token units that arrived.
    event Deposited(address indexed account, address indexed token, uint256 amount);

    /// @notice Free balance was paid out.
    /// @param account Who owned and got it.
    /// @param token Token; zero for the native coin.
    /// @param amount Token units.
    event Withdrawn(address indexed account, address indexed token, uint256 amount);

    /// @notice A quote became a lease.
    /// @param lid Lease.
    /// @param nodeId Who serves.
    /// @param tenant Who pays.
    /// @param subnetId Through which gateway.
    /// @param leaseHash Content id of the lease.
    /// @param manifestHash First manifest.
    /// @param quoteHash Struct hash of the quote.
    /// @param token Payment token.
    /// @param ratePerSecond Token units × 1e12 per second.
    /// @param locked Token units locked in advance.
    /// @param startDeadline Last Unix time at which the node may confirm.
    event LeaseOpened(
        uint256 indexed lid,
        uint64 indexed nodeId,
        address indexed tenant,
        uint32 subnetId,
        bytes32 leaseHash,
        bytes32 manifestHash,
        bytes32 quoteHash,
        address token,
        uint96 ratePerSecond,
        uint128 locked,
        uint40 startDeadline
    );

    /// @notice The node runs the manifest; billing starts.
    /// @param lid Lease.
    /// @param nodeId Who serves.
    /// @param leaseHash Content id of the lease.
    /// @param startedAt Unix time in seconds.
    event LeaseStarted(uint256 indexed lid, uint64 indexed nodeId, bytes32 leaseHash, uint40 startedAt);

    /// @notice Earned units were released: from the lease to the earnings of those who earned them, see {collect}.
    /// @param lid Lease.
    /// @param paid Token units in all.
    /// @param toNode Share of the node's owner.
    /// @param toSubnet Cut of the subnet.
    /// @param toProtocol Cut of the protocol.
    event LeaseSettled(uint256 indexed lid, uint256 paid, uint256 toNode, uint256 toSubnet, uint256 toProtocol);

    /// @notice Prepaid time was added.
    /// @param lid Lease.
    /// @param from Who paid.
    /// @param amount Token units.
    event LeaseToppedUp(uint256 indexed lid, address indexed from, uint256 amount);

    /// @notice The tenant wants another manifest to run.
    /// @param lid Lease.
    /// @param nodeId Who serves.
    /// @param version New version.
    /// @param manifestHash New manifest.
    /// @param ratePerSecond Price after the update.
    /// @param resources Resources after the update.
    /// @param expiresAt Last Unix time at which the node may confirm.
    event UpdateRequested(
        uint256 indexed lid,
        uint64 indexed nodeId,
        uint16 version,
        bytes32 manifestHash,
        uint96 ratePerSecond,
        Resources resources,
        uint40 expiresAt
    );

    /// @notice The new version runs; its price and resources hold.
    /// @param lid Lease.
    /// @param nodeId Who serves.
    /// @param version Version that runs.
    /// @param manifestHash Manifest that runs.
    event UpdateConfirmed(uint256 indexed lid, uint64 indexed nodeId, uint16 version, bytes32 manifestHash);

    /// @notice A requested update will not happen; the old version runs on.
    /// @param lid Lease.
    /// @param nodeId Who serves.
    /// @param version Version that was dropped.
    /// @param reason Why.
    event UpdateDropped(uint256 indexed lid, uint64 indexed nodeId, uint16 version, uint16 reason);

    /// @notice The node wants its machine back.
    /// @param lid Lease.
    /// @param nodeId Who serves.
    /// @param closableAt Unix time from which it may close.
    /// @param reason Why.
    event ReclaimNoticed(uint256 indexed lid, uint64 indexed nodeId, uint40 closableAt, uint16 reason);

    /// @notice A lease ended. What is earned and held back stays in it until it is released; nothing else changes.
    /// @param lid Lease.
    /// @param nodeId Who served.
    /// @param tenant Who paid.
    /// @param reason Why.
    /// @param refunded Token units that went back to the tenant.
    event LeaseClosed(
        uint256 indexed lid,
        uint64 indexed nodeId,
        address indexed tenant,
        uint16 reason,
        uint256 refunded
    );

    /// @notice A node held the manifest and did not start in time.
    /// @param nodeId The node.
    /// @param lid Lease.
    /// @param strikes Its strikes so far.
    event NodeStruck(uint64 indexed nodeId, uint256 indexed lid, uint32 strikes);

    /// @notice A node voided a quote of its own.
    /// @param nodeId The node.
    /// @param nonce Nonce of the quote.
    event NonceInvalidated(uint64 indexed nodeId, uint256 nonce);

    /// @notice A token was allowed or refused for new deposits and leases.
    /// @param token Token; zero for the native coin.
    /// @param allowed Whether it pays for leases.
    event TokenAllowed(address indexed token, bool allowed);

    /// @notice The cut of the protocol for new leases changed.
    /// @param cutBps New cut, in 1/10000.
    event ProtocolCutChanged(uint16 cutBps);

    /// @notice Another account gets the protocol's cut from now on.
    /// @param treasury The account.
    event TreasuryChanged(address treasury);

    /// @notice A node's earnings moved to its owner's account.
    /// @param nodeId The node.
    /// @param subnetId Subnet through which it earned them.
    /// @param token Token; zero for the native coin.
    /// @param owner Whose account it is.
    /// @param amount Token units.
    event EarningsCollected(
        uint64 indexed nodeId,
        uint32 indexed subnetId,
        address indexed token,
        address owner,
        uint256 amount
    );

    /// @notice Cuts of a subnet's leases moved to the accounts of its owner and of the treasury.
    /// @param subnetId The subnet.
    /// @param token Token; zero for the native coin.
    /// @param owner Who gets the subnet's cut.
    /// @param toSubnet Token units of the subnet's cut.
    /// @param toProtocol Token units of the protocol's cut.
    event SubnetEarningsCollected(
        uint32 indexed subnetId,
        address indexed token,
        address indexed owner,
        uint256 toSubnet,
        uint256 toProtocol
    );

    /// @notice The contract that settles offences was wired in, for good.
    /// @param slasher The contract.
    event SlasherSet(address slasher);

    error LeaseMarket_TokenNotAllowed(address token);
    error LeaseMarket_TokenUnknown(address token);
    error LeaseMarket_TokenIndexUnknown(uint256 index);
    error LeaseMarket_TooManyTokens(uint256 count);
    error LeaseMarket_TooManyUnits(address token, uint256 held, uint256 max);
    error LeaseMarket_NothingToWithdraw();
    error LeaseMarket_ResourcesTooLarge(Resources wanted);
    error LeaseMarket_HoldbackTooLong(uint32 holdbackSeconds, uint32 max);
    error LeaseMarket_SlasherAlreadySet(address slasher);
    error LeaseMarket_ZeroSlasher();
    error LeaseMarket_NotSlasher(address caller);
    error LeaseMarket_BadDowntimeSignature(uint256 lid, address expected, address recovered);
    error LeaseMarket_DowntimeNotMore(uint256 lid, uint256 credited, uint256 given);
    error LeaseMarket_DowntimeNotHeld(uint256 lid, uint256 wanted, uint256 held);
    error LeaseMarket_NothingDeposited();
    error LeaseMarket_UnexpectedValue(uint256 sent);
    error LeaseMarket_InsufficientFree(address account, address token, uint256 free, uint256 required);
    error LeaseMarket_TransferFailed(address to, uint256 amount);
    error LeaseMarket_QuoteExpired(uint256 expiresAt, uint256 nowAt);
    error LeaseMarket_QuoteNotForTenant(address tenant, address caller);
    error LeaseMarket_QuoteUsed(uint64 nodeId, uint256 nonce);
    error LeaseMarket_BadQuoteSignature(address expected, address recovered);
    error LeaseMarket_BadQuoteTerms(string field, uint256 value, uint256 limit);
    error LeaseMarket_NodeNotActive(uint64 nodeId, uint8 status);
    error LeaseMarket_NotInSubnet(uint64 nodeId, uint32 subnetId);
    error LeaseMarket_SubnetInactive(uint32 subnetId);
    error LeaseMarket_CutMismatch(uint16 quotedBps, uint16 currentBps);
    error LeaseMarket_CutNotAccepted(uint64 nodeId, uint16 subnetCutBps, uint16 acceptedCutBps);
    error LeaseMarket_PrepaidOutOfRange(uint32 prepaidSeconds, uint32 minSeconds, uint32 maxSeconds);
    error LeaseMarket_NodeFull(uint64 nodeId, Resources used, Resources wanted, Resources total);
    error LeaseMarket_GpuModelMismatch(uint16 wanted, uint16 offered);
    error LeaseMarket_LeaseNotFound(uint256 lid);
    error LeaseMarket_WrongState(uint256 lid, LeaseState state);
    error LeaseMarket_WrongLeaseHash(uint256 lid, bytes32 expected, bytes32 given);
    error LeaseMarket_NotTenant(uint256 lid, address caller);
    error LeaseMarket_NotOperator(uint256 lid, address caller);
    error LeaseMarket_NotParty(uint256 lid, address caller);
    error LeaseMarket_StartDeadlinePassed(uint256 lid, uint256 deadline);
    error LeaseMarket_StartDeadlineNotReached(uint256 lid, uint256 deadline);
    error LeaseMarket_TenantFirst(uint256 lid, uint256 until);
    error LeaseMarket_BadReceipt(uint256 lid, address expected, address recovered);
    error LeaseMarket_ReasonOutOfRange(uint16 reason, uint16 min, uint16 max);
    error LeaseMarket_WrongVersion(uint256 lid, uint16 expected, uint16 given);
    error LeaseMarket_TooManyUpdates(uint256 lid, uint16 version);
    error LeaseMarket_WrongManifestHash(uint256 lid, bytes32 expected, bytes32 given);
    error LeaseMarket_OpenPartChanged(uint256 lid);
    error LeaseMarket_UpdateWindowTooLong(uint256 expiresAt, uint256 limit);
    error LeaseMarket_QuoteNotForLease(uint256 lid, string field);
    error LeaseMarket_UpdatePending(uint256 lid, uint16 version);
    error LeaseMarket_NoUpdatePending(uint256 lid);
    error LeaseMarket_UpdateExpired(uint256 lid, uint256 expiresAt);
    error LeaseMarket_NoticeNotGiven(uint256 lid);
    error LeaseMarket_NoticeRunning(uint256 lid, uint256 closableAt);
    error LeaseMarket_Exhausted(uint256 lid, uint256 paidUntil);
    error LeaseMarket_NotNode(uint64 nodeId, address caller);
    error LeaseMarket_BatchTooLong(uint256 length, uint256 max);
    error LeaseMarket_CutTooHigh(uint16 cutBps, uint16 maxCutBps);
    error LeaseMarket_ZeroTreasury();

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
    /// @dev Emits {Deposited}. Requirements: as {depositToken}; this permit or an earlier approval allows the market to
    /// pull `amount`.
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
