// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {EscrowLedgerModel} from "generated/EscrowLedgerModel.sol";

/// @notice To be proved: after any sequence of calls, in any number, with any arguments,
/// units held = Σ free balances + Σ balances of leases + Σ earnings of nodes, of subnets and of the protocol.
/// @dev The sums are counters that follow the cells which a call names. That no other cell moves is assumed. `_conserved` is required where a call starts and proved where it ends; it holds at the start,
/// where all is 0: this is induction over the calls. For one token, `_TOKEN`, which is any.
contract EscrowLedgerProof is EscrowLedgerModel {
    uint256 private immutable _TOKEN;

    uint256 private _held;
    uint256 private _free;
    uint256 private _inLeases;
    uint256 private _ofNodes;
    uint256 private _ofSubnets;

    constructor(uint256 token) {
        _TOKEN = token;
        assert(_conserved());
    }

    function deposit(address account, uint256 units) external {
        require(_conserved());
        uint256 before = book.free[account][_TOKEN];
        credit(account, _TOKEN, units);
        _held += units;
        _free = _moved(_free, before, book.free[account][_TOKEN]);
        assert(_conserved());
    }

    function withdraw(address account, uint256 units) external {
        require(_conserved());
        uint256 before = book.free[account][_TOKEN];
        debit(account, _TOKEN, units);
        assert(units <= before);
        _free = _moved(_free, before, book.free[account][_TOKEN]);
        _held -= units;
        assert(_conserved());
    }

    function lockInLease(address from, uint256 balance, uint256 units) external {
        require(_conserved() && balance <= type(uint96).max);
        uint256 before = book.free[from][_TOKEN];
        uint256 left = lock(from, _TOKEN, balance, units);
        assert(left == balance + units);
        _free = _moved(_free, before, book.free[from][_TOKEN]);
        _inLeases = _moved(_inLeases, balance, left);
        assert(_conserved());
    }

    function refundFromLease(address tenant, uint256 balance, uint256 units) external {
        require(_conserved() && balance <= type(uint96).max);
        uint256 before = book.free[tenant][_TOKEN];
        uint256 left = refund(tenant, _TOKEN, balance, units);
        assert(left + units == balance);
        _free = _moved(_free, before, book.free[tenant][_TOKEN]);
        _inLeases = _moved(_inLeases, balance, left);
        assert(_conserved());
    }

    function settle(uint256 node, uint256 balance, uint256 toNode, uint256 toSubnet, uint256 toProtocol) external {
        require(_conserved() && balance <= type(uint96).max);
        Shares memory shares = Shares({toNode: toNode, toSubnet: toSubnet, toProtocol: toProtocol});
        uint256 subnet = subnetKeyOf(node);
        uint256 nodeBefore = book.nodes[node].outstanding;
        uint256 subnetBefore = book.subnets[subnet].toSubnet + book.subnets[subnet].toProtocol;
        uint256 left = release(node, balance, shares, 0);
        assert(left + toNode + toSubnet + toProtocol == balance);
        _ofNodes = _moved(_ofNodes, nodeBefore, book.nodes[node].outstanding);
        uint256 subnetAfter = book.subnets[subnet].toSubnet + book.subnets[subnet].toProtocol;
        _ofSubnets = _moved(_ofSubnets, subnetBefore, subnetAfter);
        _inLeases = _moved(_inLeases, balance, left);
        assert(_conserved());
    }

    function collectOfNode(uint256 node, address owner) external {
        require(_conserved());
        uint256 before = book.free[owner][_TOKEN];
        uint256 nodeBefore = book.nodes[node].outstanding;
        collectNode(node, owner, _TOKEN);
        assert(book.nodes[node].outstanding == 0);
        _ofNodes = _moved(_ofNodes, nodeBefore, 0);
        _free = _moved(_free, before, book.free[owner][_TOKEN]);
        assert(_conserved());
    }

    function collectOfSubnet(uint256 subnet, address owner, address treasury) external {
        require(_conserved() && owner != treasury);
        uint256 before = book.free[owner][_TOKEN] + book.free[treasury][_TOKEN];
        uint256 subnetBefore = book.subnets[subnet].toSubnet + book.subnets[subnet].toProtocol;
        collectSubnet(subnet, owner, treasury, _TOKEN);
        assert(book.subnets[subnet].toSubnet == 0 && book.subnets[subnet].toProtocol == 0);
        _ofSubnets = _moved(_ofSubnets, subnetBefore, 0);
        _free = _moved(_free, before, book.free[owner][_TOKEN] + book.free[treasury][_TOKEN]);
        assert(_conserved());
    }

    /// @dev A part is never more than its whole.
    function _moved(uint256 whole, uint256 partBefore, uint256 partAfter) private pure returns (uint256) {
        require(partBefore <= whole);
        return whole - partBefore + partAfter;
    }

    function _conserved() private view returns (bool) {
        return allFit && _held == _free + _inLeases + _ofNodes + _ofSubnets;
    }
}
