// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {EscrowLedger} from "contracts/libraries/EscrowLedger.sol";
import {LeaseBillingModel} from "generated/LeaseBillingModel.sol";

/// @notice Proved of {LeaseBilling.share}: for every amount, every pair of cuts that the market allows and every rest of
/// earlier settlements, the shares add up to the amount, none is negative, and the rests stay below one unit, as the next
/// settlement needs them.
contract LeaseBillingProof is LeaseBillingModel {
    function split(uint256 amount) external {
        require(allFit && amount > 0 && amount <= type(uint128).max);
        require(lease.subnetCutBps <= 2_000 && lease.protocolCutBps <= 1_000);
        uint256 leftScale = 10_000 - lease.subnetCutBps;
        require(lease.subnetRest < 10_000 && lease.protocolRest < leftScale);
        EscrowLedger.Shares memory shares = share(amount);
        assert(shares.toSubnet <= amount);
        assert(shares.toProtocol <= amount - shares.toSubnet);
        assert(shares.toNode + shares.toSubnet + shares.toProtocol == amount);
        assert(lease.subnetRest < 10_000 && lease.protocolRest < leftScale);
    }
}
