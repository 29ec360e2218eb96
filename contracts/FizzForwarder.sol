// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

/// @title FizzForwarder
/// @notice Carries requests that were signed instead of sent, so that somebody else may pay for their gas. All contracts
/// of Fizz take the signer for the caller when a request comes through here, and only then.
contract FizzForwarder is ERC2771Forwarder {
    /// @notice Names the EIP-712 domain of the requests.
    constructor() ERC2771Forwarder("FizzForwarder") {}
}
