// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {LowLevelCall} from "@openzeppelin/contracts/utils/LowLevelCall.sol";

/// @title MeterMock
/// @notice For tests of the rewards: what they see of the lease market and of the capacity rounds.
contract MeterMock {
    using SafeERC20 for IERC20;

    /// @notice Who gets the protocol's cuts.
    address public treasury;

    mapping(uint32 subnetId => uint256 pointSeconds) private _leased;
    mapping(uint32 subnetId => uint256 amount) private _metered;
    mapping(uint32 subnetId => uint256 amount) private _waiting;
    mapping(address account => mapping(address token => uint256 amount)) private _free;

    /// @notice Points that passed rounds, times seconds.
    mapping(uint32 subnetId => uint256 pointSeconds) public provenPointSecondsOf;

    /// @notice The account has less.
    error MeterMock_TooMuch(address account, uint256 amount);

    /// @notice Names the treasury.
    /// @param account Who gets the protocol's cuts.
    function setTreasury(address account) external {
        treasury = account;
    }

    /// @notice A lease of a subnet pays the protocol's cut and was used.
    /// @param subnetId Subnet.
    /// @param pointSeconds What was used.
    function pay(uint32 subnetId, uint256 pointSeconds) external payable {
        _metered[subnetId] += msg.value;
        _waiting[subnetId] += msg.value;
        _leased[subnetId] += pointSeconds;
    }

    /// @notice A meter that runs ahead of the money.
    /// @param subnetId Subnet.
    /// @param amount Wei that are metered, and not there.
    function meterOnly(uint32 subnetId, uint256 amount) external {
        _metered[subnetId] += amount;
    }

    /// @notice Sets what was proven; may also fall.
    /// @param subnetId Subnet.
    /// @param pointSeconds What was proven.
    function setProven(uint32 subnetId, uint256 pointSeconds) external {
        provenPointSecondsOf[subnetId] = pointSeconds;
    }

    /// @notice Sets what was leased.
    /// @param subnetId Subnet.
    /// @param pointSeconds What was leased.
    function setLeased(uint32 subnetId, uint256 pointSeconds) external {
        _leased[subnetId] = pointSeconds;
    }

    /// @notice A cut in a token, already on the treasury's account. The tokens are here.
    /// @param token The token.
    /// @param amount Token units.
    function payToken(address token, uint256 amount) external {
        _free[treasury][token] += amount;
    }

    /// @notice As the market.
    /// @param subnetId Subnet.
    /// @param token Only the native coin has fees that wait.
    function collectSubnet(uint32 subnetId, address token) external {
        if (token != address(0)) return;
        _free[treasury][token] += _waiting[subnetId];
        _waiting[subnetId] = 0;
    }

    /// @notice As the market.
    /// @param token Token; zero for the native coin.
    /// @param amount Token units.
    function withdraw(address token, uint256 amount) external {
        if (_free[msg.sender][token] < amount) revert MeterMock_TooMuch(msg.sender, amount);
        _free[msg.sender][token] -= amount;
        if (token != address(0)) IERC20(token).safeTransfer(msg.sender, amount);
        else if (!LowLevelCall.callNoReturn(msg.sender, amount, "")) revert MeterMock_TooMuch(msg.sender, amount);
    }

    /// @notice As the market.
    /// @param subnetId Subnet.
    /// @return pointSeconds What was used.
    /// @return protocolFees Wei.
    function subnetMetersOf(
        uint32 subnetId,
        address
    ) external view returns (uint256 pointSeconds, uint256 protocolFees) {
        return (_leased[subnetId], _metered[subnetId]);
    }

    /// @notice As the market.
    /// @param account Owner.
    /// @param token Token; zero for the native coin.
    /// @return free Token units.
    function accountOf(address account, address token) external view returns (uint256 free) {
        return _free[account][token];
    }
}
