// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title EscrowLedger
/// @notice The only functions that move token units inside the market: between free balances, the balances of leases,
/// and earnings that wait to be collected. Each leaves the sum of all of them as it is, but {credit} and {debit}, with
/// which units come in and go out.
/// @dev `token` is the index of a token in the market. The balance of a lease is passed in and comes back, because it
/// shares a word with what only the market knows. Nothing here reads the clock, calls out, or is asked for permission:
/// that is the market's part. What an account does not have cannot be taken: the subtractions are checked.
///
/// Nothing overflows while all units of a token together fit 96 bits, which the market checks at each deposit.
/// `earned`, `protocolCollected` and `pointSeconds` count for ever; at their largest value they stop, instead of
/// blocking a lease.
library EscrowLedger {
    using SafeCast for uint256;

    /// @dev What a node earned through one subnet in one token; one slot.
    struct NodeEarnings {
        uint96 outstanding;
        uint96 earned;
        uint64 pointSeconds;
    }

    /// @dev What a subnet's leases paid in one token; the first slot is written by each settlement, the second by each
    /// collection.
    struct SubnetEarnings {
        uint96 toSubnet;
        uint96 toProtocol;
        uint64 pointSeconds;
        uint96 protocolCollected;
    }

    /// @dev All units but those in the leases.
    struct Book {
        mapping(address account => mapping(uint256 token => uint256 units)) free;
        mapping(uint256 key => NodeEarnings earnings) nodes;
        mapping(uint256 key => SubnetEarnings earnings) subnets;
    }

    /// @dev What one settlement shares out.
    struct Shares {
        uint256 toNode;
        uint256 toSubnet;
        uint256 toProtocol;
    }

    /// @notice Units come in.
    /// @param book All units.
    /// @param account Who owns them.
    /// @param token Index of the token.
    /// @param units Token units.
    function credit(Book storage book, address account, uint256 token, uint256 units) internal {
        book.free[account][token] += units;
    }

    /// @notice Units go out. Reverts when the account has less.
    /// @param book All units.
    /// @param account Who owned them.
    /// @param token Index of the token.
    /// @param units Token units.
    function debit(Book storage book, address account, uint256 token, uint256 units) internal {
        book.free[account][token] -= units;
    }

    /// @notice From a free balance into a lease. Reverts when the account has less.
    /// @param book All units.
    /// @param from Who pays.
    /// @param token Index of the token.
    /// @param balance Balance of the lease.
    /// @param units Token units.
    /// @return left New balance of the lease.
    function lock(
        Book storage book,
        address from,
        uint256 token,
        uint96 balance,
        uint256 units
    ) internal returns (uint96 left) {
        book.free[from][token] -= units;
        return (balance + units).toUint96();
    }

    /// @notice From a lease to its tenant. Reverts when the lease has less.
    /// @param book All units.
    /// @param tenant Who gets them.
    /// @param token Index of the token.
    /// @param balance Balance of the lease.
    /// @param units Token units.
    /// @return left New balance of the lease.
    function refund(
        Book storage book,
        address tenant,
        uint256 token,
        uint96 balance,
        uint256 units
    ) internal returns (uint96 left) {
        left = uint96(balance - units);
        if (units != 0) book.free[tenant][token] += units;
    }

    /// @notice From a lease to those who earned it. Reverts when the lease has less.
    /// @param book All units.
    /// @param node Key of the node's earnings, see {nodeKey}.
    /// @param balance Balance of the lease.
    /// @param shares Token units for each.
    /// @param pointSeconds Points × seconds that these units paid.
    /// @return left New balance of the lease.
    function release(
        Book storage book,
        uint256 node,
        uint96 balance,
        Shares memory shares,
        uint256 pointSeconds
    ) internal returns (uint96 left) {
        left = uint96(balance - shares.toNode - shares.toSubnet - shares.toProtocol);

        NodeEarnings storage ofNode = book.nodes[node];
        ofNode.earned = _capped96(uint256(ofNode.earned) + shares.toNode);
        ofNode.pointSeconds = _capped64(uint256(ofNode.pointSeconds) + pointSeconds);
        ofNode.outstanding += uint96(shares.toNode);

        SubnetEarnings storage ofSubnet = book.subnets[subnetKeyOf(node)];
        ofSubnet.pointSeconds = _capped64(uint256(ofSubnet.pointSeconds) + pointSeconds);
        ofSubnet.toSubnet += uint96(shares.toSubnet);
        ofSubnet.toProtocol += uint96(shares.toProtocol);
    }

    /// @notice From a node's earnings to its owner's free balance.
    /// @param book All units.
    /// @param node Key of the node's earnings.
    /// @param owner Who gets them.
    /// @param token Index of the token.
    /// @return units Token units; 0 when there was nothing.
    function collectNode(
        Book storage book,
        uint256 node,
        address owner,
        uint256 token
    ) internal returns (uint256 units) {
        units = book.nodes[node].outstanding;
        if (units == 0) return 0;
        book.nodes[node].outstanding = 0;
        book.free[owner][token] += units;
    }

    /// @notice From a subnet's earnings to the free balances of its owner and of the treasury.
    /// @param book All units.
    /// @param subnet Key of the subnet's earnings.
    /// @param owner Who gets the subnet's cut.
    /// @param treasury Who gets the protocol's cut.
    /// @param token Index of the token.
    /// @return toSubnet Token units for the owner.
    /// @return toProtocol Token units for the treasury.
    function collectSubnet(
        Book storage book,
        uint256 subnet,
        address owner,
        address treasury,
        uint256 token
    ) internal returns (uint256 toSubnet, uint256 toProtocol) {
        SubnetEarnings storage earnings = book.subnets[subnet];
        toSubnet = earnings.toSubnet;
        toProtocol = earnings.toProtocol;
        if (toSubnet + toProtocol == 0) return (0, 0);

        earnings.toSubnet = 0;
        earnings.toProtocol = 0;
        earnings.protocolCollected = _capped96(uint256(earnings.protocolCollected) + toProtocol);
        book.free[owner][token] += toSubnet;
        book.free[treasury][token] += toProtocol;
    }

    /// @notice Where a node's earnings are: node, subnet and token in one number.
    /// @param nodeId Node.
    /// @param subnetId Subnet.
    /// @param token Index of the token.
    /// @return key The number.
    function nodeKey(uint256 nodeId, uint32 subnetId, uint16 token) internal pure returns (uint256 key) {
        return (nodeId << 48) | (uint256(subnetId) << 16) | token;
    }

    /// @notice Where the subnet's earnings are that belong to a node's.
    /// @param node Key of the node's earnings.
    /// @return key Subnet and token: the lower 48 bits.
    function subnetKeyOf(uint256 node) internal pure returns (uint256 key) {
        return uint48(node);
    }

    function _capped96(uint256 value) private pure returns (uint96) {
        return uint96(Math.min(value, type(uint96).max));
    }

    function _capped64(uint256 value) private pure returns (uint64) {
        return uint64(Math.min(value, type(uint64).max));
    }
}
