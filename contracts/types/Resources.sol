// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice A resource vector in one word, least significant bits first:
/// milliCpu (32) | memoryMiB (32) | storageGiB (32) | gpuUnits (16) | gpuModel (16).
/// `gpuModel` is the index of the model in `protocol/tiers`; 0 means "no GPU".
type Resources is uint128;

// The rule takes free functions for private ones.
// solhint-disable private-vars-leading-underscore

using {milliCpu, memoryMiB, storageGiB, gpuUnits, gpuModel} for Resources global;

function milliCpu(Resources self) pure returns (uint32) {
    return uint32(Resources.unwrap(self));
}

function memoryMiB(Resources self) pure returns (uint32) {
    return uint32(Resources.unwrap(self) >> 32);
}

function storageGiB(Resources self) pure returns (uint32) {
    return uint32(Resources.unwrap(self) >> 64);
}

function gpuUnits(Resources self) pure returns (uint16) {
    return uint16(Resources.unwrap(self) >> 96);
}

function gpuModel(Resources self) pure returns (uint16) {
    return uint16(Resources.unwrap(self) >> 112);
}
