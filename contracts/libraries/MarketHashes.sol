// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";

/// @title MarketHashes
/// @notice What is signed, and what a lease is made of. `protocol/typed-data` holds the same types.
library MarketHashes {
    bytes32 private constant _QUOTE_TYPEHASH = keccak256(
        "Quote(uint64 nodeId,uint32 subnetId,address tenant,address token,uint96 ratePerSecond,uint128 resources,"
        "bytes32 openPartHash,bytes32 sealingKey,uint32 startWindowSeconds,uint32 noticeSeconds,uint32 minSeconds,"
        "uint32 maxSeconds,uint16 reservationSeconds,uint16 subnetCutBps,uint16 protocolCutBps,uint40 expiresAt,"
        "uint256 nonce)"
    );
    bytes32 private constant _RECEIPT_TYPEHASH = keccak256(
        "ManifestReceipt(uint256 lid,bytes32 leaseHash,bytes32 manifestHash)"
    );
    bytes32 private constant _DOWNTIME_TYPEHASH = keccak256(
        "DowntimeCredit(bytes32 leaseHash,uint32 cumulativeSeconds)"
    );

    /// @notice Content id of a lease: the upper 184 bits of a hash, so that it shares a word with other fields.
    /// @param tenant Who opens it here.
    /// @param quoteHash Struct hash of the quote.
    /// @param manifestHash First manifest.
    /// @param salt Chosen by the tenant.
    /// @return leaseHash The id.
    function ofLease(
        address tenant,
        bytes32 quoteHash,
        bytes32 manifestHash,
        bytes32 salt
    ) internal view returns (bytes23 leaseHash) {
        return bytes23(keccak256(abi.encode(block.chainid, address(this), tenant, quoteHash, manifestHash, salt)));
    }

    /// @notice EIP-712 struct hash of a quote. Every field is one word, so the struct encodes as EIP-712 wants it.
    /// @param quote The bid.
    /// @return structHash The hash.
    function ofQuote(ILeaseMarket.Quote calldata quote) internal pure returns (bytes32 structHash) {
        return keccak256(abi.encode(_QUOTE_TYPEHASH, quote));
    }

    /// @notice EIP-712 struct hash of a node's receipt for a manifest.
    /// @param lid Lease.
    /// @param leaseHash Content id of the lease.
    /// @param manifestHash Manifest that the node holds.
    /// @return structHash The hash.
    function ofReceipt(
        uint256 lid,
        bytes32 leaseHash,
        bytes32 manifestHash
    ) internal pure returns (bytes32 structHash) {
        return keccak256(abi.encode(_RECEIPT_TYPEHASH, lid, leaseHash, manifestHash));
    }

    /// @notice EIP-712 struct hash of the downtime that a node admits.
    /// @param leaseHash Content id of the lease.
    /// @param cumulativeSeconds All of the lease's downtime.
    /// @return structHash The hash.
    function ofDowntime(bytes32 leaseHash, uint32 cumulativeSeconds) internal pure returns (bytes32 structHash) {
        return keccak256(abi.encode(_DOWNTIME_TYPEHASH, leaseHash, cumulativeSeconds));
    }

    /// @notice Hash of a manifest.
    /// @param openPartHash Salted hash of the part that is priced.
    /// @param sealedPartHash Salted hash of the part that only the node reads.
    /// @return manifestHash The hash.
    function ofManifest(bytes32 openPartHash, bytes32 sealedPartHash) internal pure returns (bytes32 manifestHash) {
        return keccak256(abi.encode(openPartHash, sealedPartHash));
    }
}
