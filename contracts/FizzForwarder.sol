// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

/// @title FizzForwarder
/// @notice Carries calls that somebody else pays the gas for. The signer's address is appended to the call, and every
/// contract of the protocol takes it for the caller.
/// @dev Requests of one signer are sequential: the nonce is the number of the requests executed before. A request may
/// carry coin, which is then the relayer's; the protocol's gateways carry none, so fees, bonds and stakes are paid by
/// the payer's own transaction. It has no owner and cannot be changed.
contract FizzForwarder is ERC2771Forwarder {
    /// @notice Fixes the name of its EIP-712 domain; the version is 1.
    constructor() ERC2771Forwarder("FizzForwarder") {}
}
