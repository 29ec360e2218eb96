// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";

/// @title HostileToken
/// @notice For tests: takes a fee on transfers, refuses single receivers, or calls the market back in a transfer.
contract HostileToken is ERC20 {
    /// @notice Part of each transfer that is burned, in 1/10000.
    uint256 public feeBps;

    /// @notice Market that is called back in the middle of a transfer; zero for none.
    ILeaseMarket public target;

    /// @notice Who gets nothing any more.
    mapping(address account => bool isBlocked) public blocked;

    /// @notice The transfer is to somebody on the block list.
    error HostileToken_Blocked(address account);

    /// @notice Names the token.
    constructor() ERC20("Hostile", "HSTL") {}

    /// @notice Makes tokens.
    /// @param to Who gets them.
    /// @param amount Token units.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Sets the fee on transfers.
    /// @param bps In 1/10000.
    function setFee(uint256 bps) external {
        feeBps = bps;
    }

    /// @notice Calls `depositToken` of a market back inside each transfer.
    /// @param market The market; zero for none.
    function setTarget(ILeaseMarket market) external {
        target = market;
    }

    /// @notice Blocks a receiver, as some dollar tokens do.
    /// @param account Who gets nothing any more.
    function blockAccount(address account) external {
        blocked[account] = true;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (blocked[to]) revert HostileToken_Blocked(to);
        if (address(target) != address(0)) target.depositToken(address(this), value);
        uint256 fee = from == address(0) ? 0 : (value * feeBps) / 10_000;
        if (fee > 0) super._update(from, address(0), fee);
        super._update(from, to, value - fee);
    }
}
