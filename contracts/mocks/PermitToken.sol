// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title PermitToken
/// @notice A token of 6 decimals with EIP-2612 permits, for tests and development chains. Anyone mints.
contract PermitToken is ERC20, ERC20Permit {
    /// @notice Names the token.
    constructor() ERC20("Test Dollar", "TUSD") ERC20Permit("Test Dollar") {}

    /// @notice Makes tokens.
    /// @param to Who gets them.
    /// @param amount Token units.
    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    /// @notice Six, as most dollar tokens have.
    /// @return count Number of decimals.
    function decimals() public pure override returns (uint8 count) {
        return 6;
    }
}
