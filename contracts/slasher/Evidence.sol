// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {SlasherHashes} from "../libraries/SlasherHashes.sol";
import {Payouts} from "./Payouts.sol";

/// @title Evidence
/// @notice Who signed what.
abstract contract Evidence is Payouts {
    /// @dev Zero for anything that is no signature.
    function _signerOf(bytes32 structHash, bytes calldata signature) internal view returns (address signer) {
        (signer, , ) = ECDSA.tryRecoverCalldata(_hashTypedDataV4(structHash), signature);
    }

    /// @dev The pulse is signed by the gateway that it names.
    function _requireGatewaySigned(Pulse calldata pulse, bytes calldata signature) internal view {
        address signer = _signerOf(SlasherHashes.ofPulse(pulse), signature);
        if (signer == address(0) || _SUBNETS.subnetIdOf(signer) != pulse.subnetId || pulse.subnetId == 0) {
            revert Slasher_BadGatewaySignature(pulse.subnetId, signer);
        }
    }

    /// @dev The pulse is signed by the operator of the node that it names.
    function _requireNodeSigned(Pulse calldata pulse, bytes calldata signature) internal view {
        address operator = _NODES.operatorOf(pulse.nodeId);
        address signer = _signerOf(SlasherHashes.ofPulse(pulse), signature);
        if (signer == address(0) || signer != operator) revert Slasher_BadNodeSignature(operator, signer);
    }

    /// @dev The window counts from `factAt`; a fact is not ahead.
    function _requireRecent(uint256 factAt) internal view {
        if (factAt > block.timestamp) revert Slasher_InTheFuture(factAt, block.timestamp);
        uint256 until = factAt + REPORT_WINDOW_SECONDS;
        if (block.timestamp > until) revert Slasher_TooOld(factAt, until, block.timestamp);
    }

    /// @dev The pulse names the lease as one that the node serves.
    function _requireServed(Pulse calldata pulse, bytes32 leaseHash, bytes32[] calldata proof) internal pure {
        if (!MerkleProof.verifyCalldata(proof, pulse.leaseRoot, SlasherHashes.ofLeaf(leaseHash))) {
            revert Slasher_LeaseNotInPulse(leaseHash, pulse.leaseRoot);
        }
    }
}
