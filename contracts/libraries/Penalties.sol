// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";

/// @title Penalties
/// @notice What an offence costs: a share of what is staked when it is reported, and never less than a least amount, so
/// that no slash rounds to nothing. Community nodes, which need no bond, pay smaller shares than provider nodes.
library Penalties {
    uint256 private constant _SCALE = 10_000;

    /// @notice The penalty.
    /// @param offence What was done.
    /// @param accused By whom.
    /// @param staked Wei of bond or stake.
    /// @return amount Wei, rounded up.
    function amountOf(
        ISlasher.Offence offence,
        ISlasher.Accused accused,
        uint256 staked
    ) internal pure returns (uint256 amount) {
        (uint256 shareBps, uint256 least) = _tariffOf(offence, accused);
        return Math.max(Math.ceilDiv(staked * shareBps, _SCALE), least);
    }

    function _tariffOf(
        ISlasher.Offence offence,
        ISlasher.Accused accused
    ) private pure returns (uint256 shareBps, uint256 least) {
        if (accused == ISlasher.Accused.Gateway) return _gatewayTariff(offence);
        bool provider = accused == ISlasher.Accused.ProviderNode;
        if (offence == ISlasher.Offence.NoShow) return provider ? (500, 0.005 ether) : (200, 0.001 ether);
        if (offence == ISlasher.Offence.Abandonment) return provider ? (2_000, 0.02 ether) : (1_000, 0.005 ether);
        return provider ? (5_000, 0.05 ether) : (3_000, 0.01 ether);
    }

    function _gatewayTariff(ISlasher.Offence offence) private pure returns (uint256 shareBps, uint256 least) {
        if (offence == ISlasher.Offence.FalseRoot) return (5_000, 0.025 ether);
        if (offence == ISlasher.Offence.Contradiction) return (3_000, 0.015 ether);
        return (2_000, 0.01 ether);
    }
}
