// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {INodeRegistry} from "../interfaces/INodeRegistry.sol";
import {ISubnetRegistry} from "../interfaces/ISubnetRegistry.sol";
import {MarketHashes} from "../libraries/MarketHashes.sol";
import {Resources} from "../types/Resources.sol";
import {EscrowAccounts} from "./EscrowAccounts.sol";

/// @title QuoteBook
/// @notice Which signed quotes hold: by whom, for whom, until when, at whose cuts, and once.
abstract contract QuoteBook is EscrowAccounts, EIP712 {
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

    /// @inheritdoc ILeaseMarket
    uint16 public override protocolCutBps;

    /// @dev One bit a nonce, 256 of them a word: a node that counts its nonces up pays for one new slot in 256.
    mapping(uint64 nodeId => mapping(uint256 word => uint256 bits)) private _spentNonces;

    /// @notice Fixes the registries and the first cut.
    /// @param nodeRegistry Where nodes are looked up.
    /// @param subnetRegistry Where subnets are looked up.
    /// @param initialCutBps First cut of the protocol.
    constructor(INodeRegistry nodeRegistry, ISubnetRegistry subnetRegistry, uint16 initialCutBps) EIP712("Fizz", "1") {
        _NODES = nodeRegistry;
        _SUBNETS = subnetRegistry;
        _setProtocolCut(initialCutBps);
    }

    /// @inheritdoc ILeaseMarket
    function invalidateNonce(uint64 nodeId, uint256 nonce) external override {
        if (msg.sender != _NODES.operatorOf(nodeId) && msg.sender != _NODES.ownerOf(nodeId)) {
            revert LeaseMarket_NotNode(nodeId, msg.sender);
        }
        _spendNonce(nodeId, nonce);
        emit NonceInvalidated(nodeId, nonce);
    }

    /// @inheritdoc ILeaseMarket
    function setProtocolCut(uint16 cutBps) external override onlyOwner {
        _setProtocolCut(cutBps);
    }

    /// @inheritdoc ILeaseMarket
    function isNonceUsed(uint64 nodeId, uint256 nonce) external view override returns (bool used) {
        return (_spentNonces[nodeId][nonce >> 8] & _bitOf(nonce)) != 0;
    }

    /// @inheritdoc ILeaseMarket
    function quoteHashOf(Quote calldata quote) external pure override returns (bytes32 structHash) {
        return MarketHashes.ofQuote(quote);
    }

    /// @dev Checks a quote against the clock, the caller, the constants and both registries, and spends it.
    function _useQuote(
        Quote calldata quote,
        bytes calldata signature
    ) internal returns (bytes32 quoteHash, Resources total) {
        // Check: what the quote says of itself.
        if (block.timestamp > quote.expiresAt) revert LeaseMarket_QuoteExpired(quote.expiresAt, block.timestamp);
        if (quote.tenant != address(0) && quote.tenant != msg.sender) {
            revert LeaseMarket_QuoteNotForTenant(quote.tenant, msg.sender);
        }
        _requireAllowed(quote.token);
        _requireWindows(quote);
        _requireCuts(quote);

        // Check: the node stands behind it.
        address operator;
        (operator, total) = _requireNode(quote);
        quoteHash = MarketHashes.ofQuote(quote);
        address signer = _signerOf(quoteHash, signature);
        if (signer != operator) revert LeaseMarket_BadQuoteSignature(operator, signer);

        // Effect: once.
        _spendNonce(quote.nodeId, quote.nonce);
    }

    /// @dev Zero for anything that is no signature.
    function _signerOf(bytes32 structHash, bytes calldata signature) internal view returns (address signer) {
        (signer, , ) = ECDSA.tryRecoverCalldata(_hashTypedDataV4(structHash), signature);
    }

    function _setProtocolCut(uint16 cutBps) private {
        if (cutBps > MAX_PROTOCOL_CUT_BPS) revert LeaseMarket_CutTooHigh(cutBps, MAX_PROTOCOL_CUT_BPS);
        protocolCutBps = cutBps;
        emit ProtocolCutChanged(cutBps);
    }

    function _spendNonce(uint64 nodeId, uint256 nonce) private {
        uint256 bits = _spentNonces[nodeId][nonce >> 8];
        uint256 bit = _bitOf(nonce);
        if (bits & bit != 0) revert LeaseMarket_QuoteUsed(nodeId, nonce);
        _spentNonces[nodeId][nonce >> 8] = bits | bit;
    }

    function _requireCuts(Quote calldata quote) private view {
        (, uint16 cutBps, bool active) = _SUBNETS.cutOf(quote.subnetId);
        if (!active) revert LeaseMarket_SubnetInactive(quote.subnetId);
        if (quote.subnetCutBps != cutBps) revert LeaseMarket_CutMismatch(quote.subnetCutBps, cutBps);
        if (quote.protocolCutBps != protocolCutBps) {
            revert LeaseMarket_CutMismatch(quote.protocolCutBps, protocolCutBps);
        }
    }

    function _requireNode(Quote calldata quote) private view returns (address operator, Resources total) {
        INodeRegistry.NodeStatus status;
        bool joined;
        uint16 acceptedBps;
        (, operator, status, total, joined, acceptedBps, , ) = _NODES.leaseFactsOf(quote.nodeId, quote.subnetId);
        if (status != INodeRegistry.NodeStatus.Active) revert LeaseMarket_NodeNotActive(quote.nodeId, uint8(status));
        if (!joined) revert LeaseMarket_NotInSubnet(quote.nodeId, quote.subnetId);
        if (quote.subnetCutBps > acceptedBps) {
            revert LeaseMarket_CutNotAccepted(quote.nodeId, quote.subnetCutBps, acceptedBps);
        }
    }

    function _requireWindows(Quote calldata quote) private pure {
        _requireAtMost("startWindowSeconds", quote.startWindowSeconds, MAX_START_WINDOW_SECONDS);
        _requireAtMost("noticeSeconds", quote.noticeSeconds, MAX_NOTICE_SECONDS);
        _requireAtMost("reservationSeconds", quote.reservationSeconds, MAX_RESERVATION_SECONDS);
    }

    function _requireAtMost(string memory field, uint256 value, uint256 limit) private pure {
        if (value > limit) revert LeaseMarket_BadQuoteTerms(field, value, limit);
    }

    function _bitOf(uint256 nonce) private pure returns (uint256) {
        return 1 << (nonce & 0xff);
    }
}
