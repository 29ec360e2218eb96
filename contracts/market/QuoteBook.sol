// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";
import {MarketHashes} from "../libraries/MarketHashes.sol";
import {TierPoints} from "../libraries/TierPoints.sol";
import {Resources} from "../types/Resources.sol";
import {EscrowStore} from "./EscrowStore.sol";
import {NodeCapacity} from "./NodeCapacity.sol";

/// @title QuoteBook
/// @notice Which signed quotes hold: by whom, for whom, until when, at whose cuts, and once.
abstract contract QuoteBook is EscrowStore, NodeCapacity, EIP712 {
    /// @dev One slot: `open` reads the cut and writes the count.
    struct Totals {
        address treasury;
        uint16 protocolCutBps;
        uint80 leaseCount;
    }

    /// @dev What a quote stands on, once it was checked.
    struct QuoteFacts {
        bytes32 quoteHash;
        Resources total;
        uint24 points;
        uint16 token;
    }

    /// @notice Longest time from `open` to the start deadline, and longest life of a requested update, in seconds.
    uint32 public constant MAX_START_WINDOW_SECONDS = 24 hours;

    /// @notice Longest reclaim notice, in seconds.
    uint32 public constant MAX_NOTICE_SECONDS = 30 days;

    /// @notice Longest time that a tenant pays for a lease it lets lapse, in seconds.
    uint16 public constant MAX_RESERVATION_SECONDS = 600;

    /// @notice Largest cut of the protocol, in 1/10000.
    uint16 public constant MAX_PROTOCOL_CUT_BPS = 1_000;

    INodeRegistry internal immutable _NODES;
    ISubnetRegistry internal immutable _SUBNETS;

    Totals internal _totals;

    /// @dev One bit a nonce, 256 of them a word: a node that counts its nonces up pays for one new slot in 256.
    mapping(uint64 nodeId => mapping(uint256 word => uint256 bits)) internal _spentNonces;

    /// @notice Fixes the registries.
    /// @param nodeRegistry Where nodes are looked up.
    /// @param subnetRegistry Where subnets are looked up.
    constructor(INodeRegistry nodeRegistry, ISubnetRegistry subnetRegistry) EIP712("Fizz", "1") {
        _NODES = nodeRegistry;
        _SUBNETS = subnetRegistry;
    }

    /// @dev Checks a quote against the clock, the caller, the constants and both registries, and spends it.
    function _useQuote(
        ILeaseMarket.Quote calldata quote,
        bytes calldata signature,
        address tenant
    ) internal returns (QuoteFacts memory facts) {
        // Check: what the quote says of itself.
        if (block.timestamp > quote.expiresAt)
            revert ILeaseMarket.LeaseMarket_QuoteExpired(quote.expiresAt, block.timestamp);
        if (quote.tenant != address(0) && quote.tenant != tenant) {
            revert ILeaseMarket.LeaseMarket_QuoteNotForTenant(quote.tenant, tenant);
        }
        facts.token = _requireAllowed(quote.token);
        _requireWindows(quote);
        _requireCuts(quote);

        // Check: the node stands behind it, with what it has.
        facts.quoteHash = MarketHashes.ofQuote(quote);
        address signer = _signerOf(facts.quoteHash, signature);
        (facts.total, facts.points) = _requireNode(quote, signer);
        _requireGpuModel(quote.resources, facts.total);
        _requireCompact(quote.resources);

        // Effect: once.
        _spendNonce(quote.nodeId, quote.nonce);
    }

    function _spendNonce(uint64 nodeId, uint256 nonce) internal {
        uint256 bits = _spentNonces[nodeId][nonce >> 8];
        uint256 bit = _bitOf(nonce);
        if (bits & bit != 0) revert ILeaseMarket.LeaseMarket_QuoteUsed(nodeId, nonce);
        _spentNonces[nodeId][nonce >> 8] = bits | bit;
    }

    function _servesNode(uint64 nodeId, address caller) internal view returns (bool) {
        return caller == _NODES.operatorOf(nodeId) || caller == _NODES.ownerOf(nodeId);
    }

    /// @dev Zero for anything that is no signature.
    function _signerOf(bytes32 structHash, bytes calldata signature) internal view returns (address signer) {
        (signer, , ) = ECDSA.tryRecoverCalldata(_hashTypedDataV4(structHash), signature);
    }

    function _bitOf(uint256 nonce) internal pure returns (uint256) {
        return 1 << (nonce & 0xff);
    }

    function _requireCuts(ILeaseMarket.Quote calldata quote) private view {
        (, uint16 cutBps, bool active) = _SUBNETS.cutOf(quote.subnetId);
        if (!active) revert ILeaseMarket.LeaseMarket_SubnetInactive(quote.subnetId);
        if (quote.subnetCutBps != cutBps) revert ILeaseMarket.LeaseMarket_CutMismatch(quote.subnetCutBps, cutBps);
        cutBps = _totals.protocolCutBps;
        if (quote.protocolCutBps != cutBps) revert ILeaseMarket.LeaseMarket_CutMismatch(quote.protocolCutBps, cutBps);
    }

    function _requireNode(
        ILeaseMarket.Quote calldata quote,
        address signer
    ) private view returns (Resources total, uint24 points) {
        address operator;
        INodeRegistry.NodeStatus status;
        bool joined;
        uint16 acceptedBps;
        uint16 cpuTier;
        uint16 gpuTier;
        (, operator, status, total, joined, acceptedBps, cpuTier, gpuTier) = _NODES.leaseFactsOf(
            quote.nodeId,
            quote.subnetId
        );
        if (status != INodeRegistry.NodeStatus.Active)
            revert ILeaseMarket.LeaseMarket_NodeNotActive(quote.nodeId, uint8(status));
        if (!joined) revert ILeaseMarket.LeaseMarket_NotInSubnet(quote.nodeId, quote.subnetId);
        if (quote.subnetCutBps > acceptedBps) {
            revert ILeaseMarket.LeaseMarket_CutNotAccepted(quote.nodeId, quote.subnetCutBps, acceptedBps);
        }
        if (signer != operator) revert ILeaseMarket.LeaseMarket_BadQuoteSignature(operator, signer);
        points = TierPoints.pointsOf(quote.resources, cpuTier, gpuTier);
    }

    function _requireWindows(ILeaseMarket.Quote calldata quote) private pure {
        _requireAtMost("startWindowSeconds", quote.startWindowSeconds, MAX_START_WINDOW_SECONDS);
        _requireAtMost("noticeSeconds", quote.noticeSeconds, MAX_NOTICE_SECONDS);
        _requireAtMost("reservationSeconds", quote.reservationSeconds, MAX_RESERVATION_SECONDS);
    }

    function _requireAtMost(string memory field, uint256 value, uint256 limit) private pure {
        if (value > limit) revert ILeaseMarket.LeaseMarket_BadQuoteTerms(field, value, limit);
    }
}
