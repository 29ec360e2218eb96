// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {EscrowLedgerModel} from "generated/EscrowLedgerModel.sol";

/// @notice Proved: after any sequence of calls, in any number, with any arguments,
/// units held = Σ free balances + Σ balances of leases + Σ earnings of nodes, of subnets and of the protocol.
/// @dev By induction over the calls: {_conserved} holds at the start, where all is 0; it is required where a call starts,
/// and proved where it ends. The sums follow the cells that a call names; that no other cell moves is proved, too: of one
/// that is any but these. All of it is for one token, `_token`, which is any; what other tokens' cells hold is among what
/// does not move. docs/TESTING-CONTRACTS.md says what is assumed.
contract EscrowLedgerProof is EscrowLedgerModel {
    /// @dev A cell of each kind, as it was.
    struct Cells {
        uint256 free;
        uint256 ofNode;
        uint256 toSubnet;
        uint256 toProtocol;
    }

    uint256 private _token;
    uint256 private _held;
    uint256 private _free;
    uint256 private _inLeases;
    uint256 private _ofNodes;
    uint256 private _ofSubnets;

    // Cells that a call does not name; any.
    address private _otherAccount;
    uint256 private _otherToken;
    uint256 private _otherNode;
    uint256 private _otherSubnet;

    constructor(uint256 token) {
        _token = token;
        assert(_conserved());
    }

    function deposit(address account, uint256 units) external {
        require(_conserved() && units <= type(uint96).max - _held); // the market's check
        require(_otherFree(account, account));
        Cells memory others = _others();
        uint256 before = _part(book.free[account][_token], _free);
        credit(account, _token, units);
        uint256 afterwards = book.free[account][_token];
        assert(afterwards == before + units);
        assert(_stayed(others));
        _held += units;
        _free = _free - before + afterwards;
        assert(_conserved());
    }

    function withdraw(address account, uint256 units) external {
        require(_conserved());
        require(_otherFree(account, account));
        Cells memory others = _others();
        uint256 before = _part(book.free[account][_token], _free);
        debit(account, _token, units);
        uint256 afterwards = book.free[account][_token];
        assert(units <= before && afterwards == before - units);
        assert(_stayed(others));
        _held -= units;
        _free = _free - before + afterwards;
        assert(_conserved());
    }

    function lockInLease(address from, uint256 balance, uint256 units) external {
        require(_conserved());
        require(_otherFree(from, from));
        Cells memory others = _others();
        uint256 before = _part(book.free[from][_token], _free);
        _part(balance, _inLeases);
        uint256 left = lock(from, _token, balance, units);
        uint256 afterwards = book.free[from][_token];
        assert(left == balance + units);
        assert(units <= before && afterwards == before - units);
        assert(_stayed(others));
        _free = _free - before + afterwards;
        _inLeases = _inLeases - balance + left;
        assert(_conserved());
    }

    function refundFromLease(address tenant, uint256 balance, uint256 units) external {
        require(_conserved());
        require(_otherFree(tenant, tenant));
        Cells memory others = _others();
        uint256 before = _part(book.free[tenant][_token], _free);
        _part(balance, _inLeases);
        uint256 left = refund(tenant, _token, balance, units);
        uint256 afterwards = book.free[tenant][_token];
        assert(units <= balance && left == balance - units);
        assert(afterwards == before + units);
        assert(_stayed(others));
        _free = _free - before + afterwards;
        _inLeases = _inLeases - balance + left;
        assert(_conserved());
    }

    function settle(uint256 node, uint256 balance, Shares memory shares, uint256 pointSeconds) external {
        uint256 subnet = subnetKeyOf(node);
        require(_conserved() && _otherNode != node && _otherSubnet != subnet);
        Cells memory others = _others();
        uint256 nodeBefore = _part(book.nodes[node].outstanding, _ofNodes);
        uint256 subnetBefore = book.subnets[subnet].toSubnet;
        uint256 protocolBefore = book.subnets[subnet].toProtocol;
        _part(subnetBefore + protocolBefore, _ofSubnets);
        _part(balance, _inLeases);
        (uint256 toNode, uint256 toSubnet, uint256 toProtocol) = (shares.toNode, shares.toSubnet, shares.toProtocol);
        uint256 left = release(node, balance, shares, pointSeconds);
        require(goesThrough); // it reverts otherwise
        assert(left + toNode + toSubnet + toProtocol == balance);
        assert(book.nodes[node].outstanding == nodeBefore + toNode);
        assert(book.subnets[subnet].toSubnet == subnetBefore + toSubnet);
        assert(book.subnets[subnet].toProtocol == protocolBefore + toProtocol);
        assert(_stayed(others));
        _inLeases = _inLeases - balance + left;
        _ofNodes = _ofNodes - nodeBefore + book.nodes[node].outstanding;
        uint256 subnetAfter = book.subnets[subnet].toSubnet + book.subnets[subnet].toProtocol;
        _ofSubnets = _ofSubnets - (subnetBefore + protocolBefore) + subnetAfter;
        assert(_conserved());
        // Each is a part of a whole that fits: none of the narrow cells overflows, which would block the lease.
        assert(book.nodes[node].outstanding <= type(uint96).max && subnetAfter <= type(uint96).max);
    }

    /// @dev What a lease has is always paid out; the meters, which count for ever, stop at their largest value instead of
    /// blocking it. They have no part in the money.
    function meter(uint256 node, uint256 balance, Shares memory shares, uint256 pointSeconds) external {
        uint256 subnet = subnetKeyOf(node);
        require(_conserved() && balance <= _inLeases && pointSeconds <= type(uint64).max);
        uint256 toNode = shares.toNode;
        require(toNode <= balance && shares.toSubnet <= balance && shares.toProtocol <= balance);
        require(toNode + shares.toSubnet + shares.toProtocol <= balance);
        uint256 earned = book.nodes[node].earned;
        uint256 ofNode = book.nodes[node].pointSeconds;
        uint256 ofSubnet = book.subnets[subnet].pointSeconds;
        require(earned <= type(uint96).max && ofNode <= type(uint64).max && ofSubnet <= type(uint64).max);
        release(node, balance, shares, pointSeconds);
        assert(allFit && goesThrough);
        assert(book.nodes[node].earned == _least(earned + toNode, type(uint96).max));
        assert(book.nodes[node].pointSeconds == _least(ofNode + pointSeconds, type(uint64).max));
        assert(book.subnets[subnet].pointSeconds == _least(ofSubnet + pointSeconds, type(uint64).max));
    }

    function collectOfNode(uint256 node, address owner) external {
        require(_conserved() && _otherNode != node);
        require(_otherFree(owner, owner));
        Cells memory others = _others();
        uint256 before = _part(book.free[owner][_token], _free);
        uint256 nodeBefore = _part(book.nodes[node].outstanding, _ofNodes);
        uint256 units = collectNode(node, owner, _token);
        uint256 afterwards = book.free[owner][_token];
        assert(units == nodeBefore && book.nodes[node].outstanding == 0);
        assert(afterwards == before + nodeBefore);
        assert(_stayed(others));
        _ofNodes = _ofNodes - nodeBefore + book.nodes[node].outstanding;
        _free = _free - before + afterwards;
        assert(_conserved());
    }

    function collectOfSubnet(uint256 subnet, address owner, address treasury) external {
        require(_conserved() && _otherSubnet != subnet);
        require(_otherFree(owner, treasury));
        Cells memory others = _others();
        uint256 before = _part(_freeOf(owner, treasury), _free);
        uint256 ownerBefore = book.free[owner][_token];
        uint256 toSubnet = book.subnets[subnet].toSubnet;
        uint256 toProtocol = book.subnets[subnet].toProtocol;
        _part(toSubnet + toProtocol, _ofSubnets);
        collectSubnet(subnet, owner, treasury, _token);
        uint256 afterwards = _freeOf(owner, treasury);
        assert(book.subnets[subnet].toSubnet == 0 && book.subnets[subnet].toProtocol == 0);
        assert(owner == treasury || book.free[owner][_token] == ownerBefore + toSubnet);
        assert(afterwards == before + toSubnet + toProtocol);
        assert(_stayed(others));
        uint256 subnetAfter = book.subnets[subnet].toSubnet + book.subnets[subnet].toProtocol;
        _ofSubnets = _ofSubnets - (toSubnet + toProtocol) + subnetAfter;
        _free = _free - before + afterwards;
        assert(_conserved());
    }

    /// @dev All conversions kept their value, no call reverted, and all units are somewhere.
    function _conserved() private view returns (bool) {
        return allFit && goesThrough && _held <= type(uint96).max && _held == _free + _inLeases + _ofNodes + _ofSubnets;
    }

    /// @dev A part is never more than its whole.
    function _part(uint256 part, uint256 whole) private pure returns (uint256) {
        require(part <= whole);
        return part;
    }

    function _otherFree(address one, address another) private view returns (bool) {
        return _otherToken != _token || (_otherAccount != one && _otherAccount != another);
    }

    function _others() private view returns (Cells memory) {
        return
            Cells({
                free: book.free[_otherAccount][_otherToken],
                ofNode: book.nodes[_otherNode].outstanding,
                toSubnet: book.subnets[_otherSubnet].toSubnet,
                toProtocol: book.subnets[_otherSubnet].toProtocol
            });
    }

    function _stayed(Cells memory others) private view returns (bool) {
        return
            book.free[_otherAccount][_otherToken] == others.free &&
            book.nodes[_otherNode].outstanding == others.ofNode &&
            book.subnets[_otherSubnet].toSubnet == others.toSubnet &&
            book.subnets[_otherSubnet].toProtocol == others.toProtocol;
    }

    function _freeOf(address one, address another) private view returns (uint256) {
        return book.free[one][_token] + (one == another ? 0 : book.free[another][_token]);
    }

    function _least(uint256 a, uint256 b) private pure returns (uint256) {
        return a < b ? a : b;
    }
}
