// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Resources} from "../types/Resources.sol";

/// @title ILeaseTypes
/// @notice What the lease market takes, stores, emits and refuses. The functions are in {ILeaseMarket}.
/// @dev Rates are token units × 1e12 per second. Whole units move; the scaled rest stays with the lease.
interface ILeaseTypes {
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
    /// @param leaseHash Content id, see {ILeaseMarket.open}; its lower 72 bits are zero.
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

    /// @notice Earned units were released: from the lease to the earnings of those who earned them, see {ILeaseMarket.collect}.
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
}
