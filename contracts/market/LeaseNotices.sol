// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {ILeaseMarket} from "../interfaces/ILeaseMarket.sol";
import {ILeaseNotices} from "../interfaces/ILeaseNotices.sol";
import {MarketHashes} from "../libraries/MarketHashes.sol";
import {LEASE_NO_SHOW, LeaseRecord, LeaseStream} from "../types/LeaseRecord.sol";
import {LeaseLedger} from "./LeaseLedger.sol";

/// @title LeaseNotices
/// @notice How a lease ends when its node did not start it, and how the node asks for its machine back.
abstract contract LeaseNotices is LeaseLedger, ILeaseNotices {
    using SafeCast for uint256;

    /// @inheritdoc ILeaseNotices
    function expire(uint256 lid, bytes calldata receipt) external override {
        (LeaseRecord storage lease, LeaseStream memory stream) = _requireLease(lid);

        // Check: the node is late, and for a while only the tenant may say so.
        _requireState(lid, stream, ILeaseMarket.LeaseState.Open);
        uint256 deadline = lease.deadline;
        if (block.timestamp <= deadline) revert ILeaseMarket.LeaseMarket_StartDeadlineNotReached(lid, deadline);
        uint256 graceEnds = deadline + TENANT_GRACE_SECONDS;
        if (block.timestamp <= graceEnds && _msgSender() != lease.tenant) {
            revert ILeaseMarket.LeaseMarket_TenantFirst(lid, graceEnds);
        }

        // Effect: whoever failed to do its part bears the cost.
        if (receipt.length == 0) {
            _closeUnstarted(lid, lease, stream, _REASON_START_DEADLINE);
            return;
        }
        _requireReceipt(lid, lease, stream, receipt);
        stream.flags |= LEASE_NO_SHOW;
        _strike(stream.nodeId, lid);
        _close(lid, lease, stream, _REASON_NO_SHOW);
    }

    /// @inheritdoc ILeaseNotices
    function giveNotice(uint256 lid, uint16 reason) external override {
        (LeaseRecord storage lease, LeaseStream memory stream) = _requireLease(lid);

        // Check: the node asks, with a reason of its own.
        _requireServing(lid, stream);
        _requireState(lid, stream, ILeaseMarket.LeaseState.Active);
        _requireNodeReason(reason);

        // Effect: the window starts; the rate runs on.
        uint32 closableAt = (block.timestamp + lease.noticeSeconds).toUint32();
        stream.state = ILeaseMarket.LeaseState.Reclaiming;
        _store(lease, stream);
        lease.deadline = closableAt;
        emit ILeaseMarket.ReclaimNoticed({lid: lid, nodeId: stream.nodeId, closableAt: closableAt, reason: reason});
    }

    function _requireReceipt(
        uint256 lid,
        LeaseRecord storage lease,
        LeaseStream memory stream,
        bytes calldata receipt
    ) private view {
        address operator = _NODES.operatorOf(stream.nodeId);
        address signer = _signerOf(MarketHashes.ofReceipt(lid, lease.leaseHash, lease.manifestHash), receipt);
        if (signer != operator) revert ILeaseMarket.LeaseMarket_BadReceipt(lid, operator, signer);
    }
}
