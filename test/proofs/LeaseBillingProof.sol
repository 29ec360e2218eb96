// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {EscrowLedger} from "contracts/libraries/EscrowLedger.sol";
import {LeaseBillingModel} from "generated/LeaseBillingModel.sol";

/// @notice Proved of {LeaseBilling}: no second and no unit is lost or made, and nothing here ever reverts.
/// @dev What the claims need of a lease, `require`s say where a call starts, and claims where it ends: the next call finds
/// it. `goesThrough` says that no arithmetic reverted, `allFit` that no conversion cut anything off.
contract LeaseBillingProof is LeaseBillingModel {
    /// @dev {LeaseBilling.share}, for every amount, every pair of cuts and every rest of earlier settlements: the shares
    /// add up to the amount, none is negative, and of a cut nothing is lost but what the rest keeps, less than one unit.
    function split(uint256 amount) external {
        uint256 subnetCut = lease.subnetCutBps;
        uint256 protocolCut = lease.protocolCutBps;
        require(allFit && goesThrough && amount <= type(uint96).max);
        require(subnetCut < 10_000 && protocolCut <= 10_000 - subnetCut);
        uint256 leftScale = 10_000 - subnetCut;
        uint256 subnetRest = lease.subnetRest;
        uint256 protocolRest = lease.protocolRest;
        require(subnetRest < 10_000 && protocolRest < leftScale);
        EscrowLedger.Shares memory shares = share(amount);
        assert(shares.toSubnet <= amount);
        assert(shares.toProtocol <= amount - shares.toSubnet);
        assert(shares.toNode + shares.toSubnet + shares.toProtocol == amount);
        assert(lease.subnetRest < 10_000 && lease.protocolRest < leftScale);
        assert(shares.toSubnet * 10_000 + lease.subnetRest == amount * subnetCut + subnetRest);
        uint256 left = amount - shares.toSubnet;
        assert(shares.toProtocol * leftScale + lease.protocolRest == left * protocolCut + protocolRest);
        assert(lease.subnetCutBps == subnetCut && lease.protocolCutBps == protocolCut);
        assert(allFit && goesThrough);
    }

    /// @dev {LeaseBilling.settleTo}, for every lease that is running, and every time: what is paid is in the balance, and
    /// is the time's price, to the last fraction of a unit.
    function advance(uint256 nowAt) external {
        require(allFit && goesThrough && _withinBalance(lease.balance));
        require(lease.ratePerSecond <= type(uint96).max && lease.balance <= type(uint96).max);
        require(lease.settledAt <= type(uint32).max);
        uint256 settledAt = lease.settledAt;
        uint256 remainder = lease.scaledRemainder;
        (uint256 paid, uint256 duration) = settleTo(nowAt);
        assert(allFit && goesThrough);
        assert(paid <= lease.balance);
        assert(lease.settledAt == settledAt + duration);
        assert(duration == 0 || lease.settledAt <= nowAt);
        assert(paid * 1e12 + lease.scaledRemainder == lease.ratePerSecond * duration + remainder);
        assert(_withinBalance(lease.balance - paid));
    }

    /// @dev The fraction that is owed is less than a unit, and the balance can pay it.
    function _withinBalance(uint256 balance) private view returns (bool) {
        return lease.scaledRemainder < 1e12 && lease.scaledRemainder <= balance * 1e12;
    }
}
