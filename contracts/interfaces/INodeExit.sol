// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title INodeExit
/// @notice How long a node needs to leave. Implemented by the node registry.
interface INodeExit {
    /// @notice Time from a node's notice to leave until it is out.
    /// @return exitSeconds The time in seconds.
    function EXIT_SECONDS() external view returns (uint40 exitSeconds); // solhint-disable-line func-name-mixedcase
}
