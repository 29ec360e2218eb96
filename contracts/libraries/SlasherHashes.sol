// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {ISlasher} from "../interfaces/ISlasher.sol";

/// @title SlasherHashes
/// @notice What is signed as evidence, and how reports and leaves are named. `protocol/typed-data` holds the same types.
library SlasherHashes {
    bytes32 private constant _PULSE_TYPEHASH = keccak256(
        "Pulse(uint64 nodeId,uint32 subnetId,uint40 at,uint32 leases,bytes32 leaseRoot)"
    );
    bytes32 private constant _SERVICE_TYPEHASH = keccak256(
        "ServiceReceipt(bytes32 leaseHash,uint40 from,uint40 until)"
    );

    /// @notice EIP-712 struct hash of a pulse. Every field is one word, so the struct encodes as EIP-712 wants it.
    /// @param pulse The pulse.
    /// @return structHash The hash.
    function ofPulse(ISlasher.Pulse calldata pulse) internal pure returns (bytes32 structHash) {
        return keccak256(abi.encode(_PULSE_TYPEHASH, pulse));
    }

    /// @notice EIP-712 struct hash of a receipt for service.
    /// @param leaseHash Content id of the lease.
    /// @param from First second of the service.
    /// @param until First second after it.
    /// @return structHash The hash.
    function ofService(bytes32 leaseHash, uint40 from, uint40 until) internal pure returns (bytes32 structHash) {
        return keccak256(abi.encode(_SERVICE_TYPEHASH, leaseHash, from, until));
    }

    /// @notice Leaf of a pulse's tree. Hashed twice, so that no inner node passes for a leaf.
    /// @param leaseHash Content id of the lease.
    /// @return leaf The leaf.
    function ofLeaf(bytes32 leaseHash) internal pure returns (bytes32 leaf) {
        return keccak256(bytes.concat(keccak256(abi.encode(leaseHash))));
    }

    /// @notice Id of a report: one fact can be reported once.
    /// @param offence What was done.
    /// @param fact What it is about.
    /// @return reportId The id.
    function ofReport(ISlasher.Offence offence, bytes32 fact) internal pure returns (bytes32 reportId) {
        return keccak256(abi.encode(offence, fact));
    }
}
