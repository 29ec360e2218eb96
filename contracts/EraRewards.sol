// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ICapacityVerdicts} from "./interfaces/ICapacityVerdicts.sol";
import {IEraRewards} from "./interfaces/IEraRewards.sol";
import {IMarketMeters} from "./interfaces/IMarketMeters.sol";
import {INodeRegistry} from "./interfaces/INodeRegistry.sol";
import {IRewardSlashing} from "./interfaces/IRewardSlashing.sol";
import {ISubnetRegistry} from "./interfaces/ISubnetRegistry.sol";
import {EraBudgets} from "./rewards/EraBudgets.sol";
import {RewardPools} from "./rewards/RewardPools.sol";
import {RootBook} from "./rewards/RootBook.sol";

/// @title EraRewards
/// @notice See {IEraRewards}. Fees, budgets and roots are in `rewards/`; here is what a node gets.
contract EraRewards is RootBook {
    /// @dev One slot. `debt` is what was slashed and is not paid yet.
    struct NodeAccount {
        uint128 credit;
        uint128 debt;
    }

    mapping(uint64 nodeId => NodeAccount account) private _accounts;
    mapping(uint64 nodeId => address wallet) private _wallets;
    mapping(uint32 subnetId => mapping(uint64 nodeId => uint256 claimed)) private _claimed;

    /// @notice Fixes the sources; the rest may be changed by the owner.
    /// @param nodes Pays registration fees; knows who owns a node.
    /// @param subnets Knows who runs a subnet, and its stake.
    /// @param market Pays the protocol's cuts; knows what was leased.
    /// @param rounds Knows what capacity was proven.
    /// @param initialTreasury Gets the share that is not for rewards.
    /// @param initialOwner Sets parameters, treasury, guardian and slasher.
    /// @param forwarder Brings meta-transactions.
    constructor(
        INodeRegistry nodes,
        ISubnetRegistry subnets,
        IMarketMeters market,
        ICapacityVerdicts rounds,
        address initialTreasury,
        address initialOwner,
        address forwarder
    )
        RewardPools(nodes, subnets, market, initialTreasury, initialOwner, forwarder)
        EraBudgets(rounds)
        EIP712("Fizz", "1")
    {}

    /// @inheritdoc IEraRewards
    function claim(Claim calldata claimed) external override returns (uint256 credited) {
        return _claim(claimed);
    }

    /// @inheritdoc IEraRewards
    function claimAndWithdraw(Claim calldata claimed) external override nonReentrant returns (uint256 paid) {
        _claim(claimed);
        return _withdrawRewards(claimed.nodeId);
    }

    /// @inheritdoc IEraRewards
    function withdrawRewards(uint64 nodeId) external override nonReentrant returns (uint256 amount) {
        return _withdrawRewards(nodeId);
    }

    /// @inheritdoc IEraRewards
    function setRewardWallet(uint64 nodeId, address wallet) external override {
        if (_msgSender() != _ownerOf(nodeId)) revert EraRewards_NotNodeOwner(nodeId, _msgSender());

        _wallets[nodeId] = wallet;
        emit RewardWalletChanged(nodeId, wallet);
    }

    /// @inheritdoc IRewardSlashing
    function slashRewards(uint64 nodeId, uint256 amount) external override returns (uint256 taken) {
        if (_msgSender() != slasher) revert EraRewards_NotSlasher(_msgSender());

        // Effect: what is here goes back to the pool; the rest is short at the next claims.
        NodeAccount storage account = _accounts[nodeId];
        taken = Math.min(amount, account.credit);
        account.credit -= uint128(taken);
        account.debt = uint128(
            Math.min(uint256(account.debt) + Math.min(amount - taken, type(uint128).max), type(uint128).max)
        );
        _raiseProtocolFree(taken);
        emit RewardsSlashed(nodeId, taken, account.debt);
    }

    /// @inheritdoc IEraRewards
    function claimedOf(uint32 subnetId, uint64 nodeId) external view override returns (uint256 claimed) {
        return _claimed[subnetId][nodeId];
    }

    /// @inheritdoc IEraRewards
    function creditOf(uint64 nodeId) external view override returns (uint256 credit, uint256 debt) {
        return (_accounts[nodeId].credit, _accounts[nodeId].debt);
    }

    /// @inheritdoc IEraRewards
    function rewardWalletOf(uint64 nodeId) public view override returns (address wallet) {
        wallet = _wallets[nodeId];
        return wallet == address(0) ? _NODES.ownerOf(nodeId) : wallet;
    }

    function _claim(Claim calldata claimed) private returns (uint256 credited) {
        uint32 subnetId = claimed.subnetId;
        uint64 nodeId = claimed.nodeId;
        uint256 cumulative = claimed.cumulative;

        // Check: an active root says so. A leaf is hashed twice, so that no inner node can pass for one.
        uint256 total = _requireActive(subnetId, claimed.root);
        bytes32 leaf = keccak256(bytes.concat(keccak256(abi.encode(nodeId, cumulative))));
        if (!MerkleProof.verifyCalldata(claimed.proof, claimed.root, leaf)) {
            revert EraRewards_BadProof(subnetId, nodeId, cumulative, claimed.root);
        }

        // Check: it is more than was claimed, and all claims together stay within what was reserved.
        uint256 before = _claimed[subnetId][nodeId];
        if (cumulative <= before) revert EraRewards_NothingToClaim(subnetId, nodeId, cumulative, before);
        uint256 amount = cumulative - before;
        uint256 claimedInAll = _books[subnetId].claimed;
        if (amount > Math.saturatingSub(total, claimedInAll)) {
            revert EraRewards_OverTotal(subnetId, Math.saturatingAdd(claimedInAll, amount), total);
        }

        // Effect: credit it, less what was slashed. `total` fits 96 bits, and so does what stays within it.
        _claimed[subnetId][nodeId] = cumulative;
        _books[subnetId].claimed = uint96(claimedInAll + amount);
        credited = _credit(nodeId, amount);
        emit RewardClaimed({
            subnetId: subnetId,
            nodeId: nodeId,
            cumulative: cumulative,
            credited: credited,
            deducted: amount - credited
        });
    }

    /// @dev What was slashed goes to the protocol's pool, not back to the gateway that shared it out.
    function _credit(uint64 nodeId, uint256 amount) private returns (uint256 credited) {
        NodeAccount memory account = _accounts[nodeId];
        uint256 deducted = Math.min(account.debt, amount);
        if (deducted != 0) _raiseProtocolFree(deducted);

        credited = amount - deducted;
        account.debt -= uint128(deducted);
        account.credit += uint128(credited);
        _accounts[nodeId] = account;
    }

    function _withdrawRewards(uint64 nodeId) private returns (uint256 amount) {
        // Check: somebody gets something.
        address to = _wallets[nodeId];
        if (to == address(0)) to = _ownerOf(nodeId);
        amount = _accounts[nodeId].credit;
        if (amount == 0) revert EraRewards_NothingToWithdraw(nodeId);

        // Effect: the credit is gone before the coin leaves.
        _accounts[nodeId].credit = 0;
        emit RewardsWithdrawn(nodeId, to, amount);

        // Interaction: pay.
        _pay(to, amount);
    }

    function _ownerOf(uint64 nodeId) private view returns (address nodeOwner) {
        nodeOwner = _NODES.ownerOf(nodeId);
        if (nodeOwner == address(0)) revert EraRewards_NodeNotFound(nodeId);
    }
}
