// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @notice The few cheat codes that these tests use.
interface Vm {
    function addr(uint256 privateKey) external pure returns (address);
    function assertEq(uint256 left, uint256 right, string calldata message) external pure;
    function assertEq(bytes32 left, bytes32 right, string calldata message) external pure;
    function assertLe(uint256 left, uint256 right, string calldata message) external pure;
    function assertTrue(bool condition, string calldata message) external pure;
    function deal(address account, uint256 balance) external;
    function prank(address sender) external;
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function warp(uint256 timestamp) external;
}

/// @notice What the fuzzer may call of one contract.
struct FuzzSelector {
    address addr;
    bytes4[] selectors;
}

/// @notice Base of all Solidity tests here.
abstract contract VmTest {
    Vm internal constant vm = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));

    /// @dev Any number, moved into [min, max].
    function bound(uint256 value, uint256 min, uint256 max) internal pure returns (uint256) {
        if (value >= min && value <= max) return value;
        return max - min == type(uint256).max ? value : min + (value % (max - min + 1));
    }
}
