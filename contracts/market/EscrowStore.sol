// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {EscrowLedger} from "../libraries/EscrowLedger.sol";

/// @title EscrowStore
/// @notice Which tokens there are, and who owns which of their units inside the market.
abstract contract EscrowStore is ERC2771Context {
    /// @dev One slot. A token that was allowed once keeps its index for ever.
    struct Token {
        bool allowed;
        bool known;
        uint16 index;
    }

    /// @dev What stands for the chain's own coin, whose index is 0.
    address internal constant _NATIVE = address(0);

    EscrowLedger.Book internal _book;
    mapping(address token => Token record) internal _tokens;
    address[] internal _tokenList;

    function _requireAllowed(address token) internal view returns (uint16 index) {
        Token memory record = _tokens[token];
        if (!record.allowed) revert ILeaseMarket.LeaseMarket_TokenNotAllowed(token);
        return record.index;
    }

    function _requireFree(address account, address token, uint256 index, uint256 amount) internal view {
        uint256 free = _book.free[account][index];
        if (amount > free) revert ILeaseMarket.LeaseMarket_InsufficientFree(account, token, free, amount);
    }

    /// @dev Index of a token that pays for leases, or did.
    function _indexOf(address token) internal view returns (uint16 index) {
        if (token == _NATIVE) return 0;
        Token memory record = _tokens[token];
        if (!record.known) revert ILeaseMarket.LeaseMarket_TokenUnknown(token);
        return record.index;
    }

    function _tokenAt(uint256 index) internal view returns (address token) {
        if (index == 0) return _NATIVE;
        if (index >= _tokenList.length) revert ILeaseMarket.LeaseMarket_TokenIndexUnknown(index);
        return _tokenList[index];
    }
}
