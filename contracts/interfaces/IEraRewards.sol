// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

import {IRewardSlashing} from "./IRewardSlashing.sol";

/// @title IEraRewards
/// @notice Rewards of nodes, by eras of 24 hours: where the money comes from, how much of it a subnet may give for an
/// era, what its gateway says each node gets, and how nodes get it. The asset is the native coin.
/// @dev Money is counted, never read off the balance. A budget *is* money: closing an era moves it into the subnet's
/// pool, posting a root reserves it, a claim credits it to the node, and the node's wallet withdraws it. So nothing can
/// be promised that is not there. Formulas with a worked example: docs/REWARDS.md.
interface IEraRewards is IRewardSlashing {
    /// @notice What the owner of the protocol may change, each within constants.
    /// @param poolShareBps k: share of all fees that goes to rewards, in 1/10000; the rest is the treasury's.
    /// @param targetBps Utilisation from which on there is no liveness reward, in 1/10000.
    /// @param livenessCap Most wei of liveness rewards of one era, all subnets together.
    /// @param livenessPerPoint Most wei of liveness rewards for one proven point of {TierPoints} over one era.
    struct Parameters {
        uint16 poolShareBps;
        uint16 targetBps;
        uint96 livenessCap;
        uint96 livenessPerPoint;
    }

    /// @notice The money of one subnet, and where its reports stand; one slot.
    /// @param free Wei that the next roots may promise.
    /// @param latestTotal Wei that the latest root promises to all nodes since the beginning.
    /// @param latestEra Last era that a root covers.
    /// @param closedEra Last era whose budget is in `free`.
    struct Pool {
        uint96 free;
        uint96 latestTotal;
        uint32 latestEra;
        uint32 closedEra;
    }

    /// @notice What was read and counted of one subnet so far.
    /// @param leased Leased point-seconds at its last checkpoint.
    /// @param proven Most proven point-seconds at a checkpoint.
    /// @param claimed Wei that its nodes claimed ever.
    /// @param fees Wei of protocol fees that were split ever.
    /// @param era Era for which `latestStake` counts.
    /// @param earlierStake Stake that counts for the era before `era`.
    /// @param latestStake Stake that counts for `era`.
    /// @param endowment Wei that were given to the subnet for liveness rewards of its own.
    /// @param ownPerEra Most wei of the endowment that one era uses.
    struct Books {
        uint128 leased;
        uint128 proven;
        uint96 claimed;
        uint96 fees;
        uint32 era;
        uint96 earlierStake;
        uint96 latestStake;
        uint96 endowment;
        uint96 ownPerEra;
    }

    /// @notice The liveness budget of one era.
    /// @param era The era.
    /// @param totalStake Stake of all subnets that take part; final once the era has begun.
    /// @param cap Wei reserved for the era.
    /// @param left Wei of it that no subnet has drawn yet.
    struct LivenessEra {
        uint32 era;
        uint96 totalStake;
        uint96 cap;
        uint96 left;
    }

    /// @notice A posted root; one slot.
    /// @param total Wei that it promises to all nodes since the beginning; 0 for no such root.
    /// @param previousTotal Wei that the root before it promises.
    /// @param activatesAt Unix time from which on it pays. Fixed when it was posted.
    /// @param era Last era that it covers.
    struct PostedRoot {
        uint96 total;
        uint96 previousTotal;
        uint40 activatesAt;
        uint24 era;
    }

    /// @notice One leaf and its proof.
    /// @param subnetId Subnet.
    /// @param nodeId Node.
    /// @param cumulative Wei that the node gets from this subnet since the beginning.
    /// @param root Active root under which the proof holds.
    /// @param proof Siblings, from the leaf upwards.
    struct Claim {
        uint32 subnetId;
        uint64 nodeId;
        uint256 cumulative;
        bytes32 root;
        bytes32[] proof;
    }

    /// @notice Fees came in and were split.
    /// @param subnetId Subnet whose leases paid them; 0 for registration fees.
    /// @param toPool Wei for rewards: the subnet's pool, or the protocol's for 0.
    /// @param toTreasury Wei for the treasury.
    event FeesSplit(uint32 indexed subnetId, uint256 toPool, uint256 toTreasury);

    /// @notice Somebody gave money for rewards.
    /// @param subnetId Subnet for whose own liveness rewards it is; 0 for the protocol's pool.
    /// @param from Giver.
    /// @param amount Wei.
    event PoolFunded(uint32 indexed subnetId, address indexed from, uint256 amount);

    /// @notice The liveness budget of an era was reserved.
    /// @param era The era.
    /// @param cap Wei.
    event LivenessEraOpened(uint32 indexed era, uint256 cap);

    /// @notice A subnet's stake counts for an era.
    /// @param subnetId Subnet.
    /// @param era The era.
    /// @param stake Wei.
    event StakeEnlisted(uint32 indexed subnetId, uint32 indexed era, uint256 stake);

    /// @notice The eras of a subnet up to `era` are closed, and their budget is in its pool.
    /// @param subnetId Subnet.
    /// @param era Last era closed.
    /// @param leased Leased point-seconds since the checkpoint before.
    /// @param proven Proven point-seconds since the checkpoint before.
    /// @param utilisationBudget Wei from the fees of the subnet's own leases.
    /// @param livenessBudget Wei from the protocol's liveness cap.
    /// @param ownBudget Wei from the subnet's endowment.
    event EraClosed(
        uint32 indexed subnetId,
        uint32 indexed era,
        uint256 leased,
        uint256 proven,
        uint256 utilisationBudget,
        uint256 livenessBudget,
        uint256 ownBudget
    );

    /// @notice A gateway posted what its nodes get. It pays {ACTIVATION_DELAY} after this.
    /// @param subnetId Subnet.
    /// @param era Last era that the root covers.
    /// @param root Root of the tree of cumulative amounts.
    /// @param cumulativeTotal Wei that it promises since the beginning.
    /// @param dataHash SHA-256 of the data from which the root can be recomputed: its content id.
    event RootPosted(uint32 indexed subnetId, uint32 era, bytes32 root, uint128 cumulativeTotal, bytes32 dataHash);

    /// @notice A root was taken back before it paid.
    /// @param subnetId Subnet.
    /// @param root The root.
    /// @param by Who did it.
    event RootDisabled(uint32 indexed subnetId, bytes32 indexed root, address indexed by);

    /// @notice A node's reward was credited to it.
    /// @param subnetId Subnet.
    /// @param nodeId Node.
    /// @param cumulative Wei of rewards from this subnet since the beginning.
    /// @param credited Wei that the node may withdraw now on top.
    /// @param deducted Wei that were kept for a settled offence.
    event RewardClaimed(
        uint32 indexed subnetId,
        uint64 indexed nodeId,
        uint256 cumulative,
        uint256 credited,
        uint256 deducted
    );

    /// @notice A node's credit was paid.
    /// @param nodeId Node.
    /// @param to Its reward wallet.
    /// @param amount Wei.
    event RewardsWithdrawn(uint64 indexed nodeId, address indexed to, uint256 amount);

    /// @notice A node's rewards go to another wallet from now on.
    /// @param nodeId Node.
    /// @param wallet The wallet; zero for the owner.
    event RewardWalletChanged(uint64 indexed nodeId, address indexed wallet);

    /// @notice Rewards of a node were taken.
    /// @param nodeId Node.
    /// @param taken Wei of its credit, back in the protocol's pool.
    /// @param debt Wei that its next claims are short of, all in all.
    event RewardsSlashed(uint64 indexed nodeId, uint256 taken, uint256 debt);

    /// @notice The pool of a subnet that posts no more went to the protocol's pool.
    /// @param subnetId Subnet.
    /// @param amount Wei.
    event IdlePoolReturned(uint32 indexed subnetId, uint256 amount);

    /// @notice The treasury got its share.
    /// @param to The treasury.
    /// @param amount Wei.
    event TreasuryPaid(address indexed to, uint256 amount);

    /// @notice The treasury got the protocol's cuts of leases that were paid in a token.
    /// @param to The treasury.
    /// @param token The token.
    /// @param amount Token units.
    event TreasuryTokenPaid(address indexed to, address indexed token, uint256 amount);

    /// @notice Another account is the treasury from now on.
    /// @param treasury The account.
    event TreasuryChanged(address indexed treasury);

    /// @notice Another account may disable roots from now on.
    /// @param guardian The account; zero for nobody but the owner and the slasher.
    event GuardianChanged(address indexed guardian);

    /// @notice The parameters changed.
    /// @param parameters All of them.
    event ParametersChanged(Parameters parameters);

    /// @notice A subnet uses more or less of its endowment from now on.
    /// @param subnetId Subnet.
    /// @param weiPerEra Most wei for one era.
    event OwnLivenessChanged(uint32 indexed subnetId, uint96 weiPerEra);

    /// @notice The slasher was set, once and for all.
    /// @param slasher The contract.
    event SlasherSet(address slasher);

    error EraRewards_AlreadyClosed(uint32 subnetId, uint32 closedEra);
    error EraRewards_BadProof(uint32 subnetId, uint64 nodeId, uint256 cumulative, bytes32 root);
    error EraRewards_EraNotClosed(uint32 subnetId, uint32 era, uint32 closedEra);
    error EraRewards_EraReported(uint32 subnetId, uint32 era, uint32 latestEra);
    error EraRewards_NodeNotFound(uint64 nodeId);
    error EraRewards_NotGovernor(uint32 subnetId, address caller);
    error EraRewards_NotGuardian(address caller);
    error EraRewards_NotIdle(uint32 subnetId, uint32 idleFromEra);
    error EraRewards_NotLatestRoot(uint32 subnetId, bytes32 root, uint256 total, uint256 latestTotal);
    error EraRewards_NotNodeOwner(uint64 nodeId, address caller);
    error EraRewards_NotOperator(uint32 subnetId, address caller);
    error EraRewards_NotSlasher(address caller);
    error EraRewards_NothingSent(uint32 subnetId);
    error EraRewards_NothingToClaim(uint32 subnetId, uint64 nodeId, uint256 cumulative, uint256 claimed);
    error EraRewards_NothingToWithdraw(uint64 nodeId);
    error EraRewards_OverBudget(uint32 subnetId, uint256 increase, uint256 budget);
    error EraRewards_OverTotal(uint32 subnetId, uint256 claimed, uint256 total);
    error EraRewards_ParameterOutOfRange(bytes32 name, uint256 value, uint256 min, uint256 max);
    error EraRewards_RootActive(uint32 subnetId, bytes32 root, uint256 activatesAt);
    error EraRewards_RootNotFound(uint32 subnetId, bytes32 root);
    error EraRewards_RootPending(uint32 subnetId, bytes32 root, uint256 activatesAt);
    error EraRewards_RootPosted(uint32 subnetId, bytes32 root);
    error EraRewards_SlasherAlreadySet(address current);
    error EraRewards_SubnetNotFound(uint32 subnetId);
    error EraRewards_TotalNotRaised(uint32 subnetId, uint256 cumulativeTotal, uint256 latestTotal);
    error EraRewards_TransferFailed(address to, uint256 amount);
    error EraRewards_UnexpectedCoin(address from, uint256 amount);
    error EraRewards_ZeroDataHash();
    error EraRewards_ZeroRoot();
    error EraRewards_ZeroSlasher();
    error EraRewards_ZeroTreasury();

    /// @notice Brings in what waits outside: registration fees, which are split at once, and the protocol's cuts on
    /// this contract's account in the market, which are split when the subnets that paid them are checkpointed.
    /// @dev Emits {FeesSplit} when there were registration fees. Anyone may call. Requirements: the registry and the
    /// market pay.
    function pullFees() external;

    /// @notice Gives the value sent to a pool: the endowment of a subnet, or the protocol's liveness pool for 0.
    /// @dev Emits {PoolFunded}. There is no way back but {returnIdle}. Requirements: value not zero; the subnet exists.
    /// @param subnetId Subnet, or 0.
    function fund(uint32 subnetId) external payable;

    /// @notice Pays the treasury's share to the treasury.
    /// @dev Emits {TreasuryPaid} when there is something. Anyone may call. Requirements: the treasury takes the coin.
    /// @return amount Wei paid.
    function payTreasury() external returns (uint256 amount);

    /// @notice Pays the protocol's cuts of leases that were paid in a token to the treasury: rewards are in the native
    /// coin, so all of them are the treasury's.
    /// @dev Emits {TreasuryTokenPaid} when there is something. Anyone may call. Requirements: the market and the token
    /// pay.
    /// @param token The token.
    /// @return amount Token units paid.
    function payTreasuryToken(address token) external returns (uint256 amount);

    /// @notice Closes the eras of a subnet that are over, and enlists its stake for the next era. Anyone may call.
    /// @dev Emits {EraClosed}, {StakeEnlisted}, {FeesSplit} when there were fees, {LivenessEraOpened} the first time in
    /// an era.
    ///
    /// The first checkpoint in era n closes everything up to n − 1; a second one in the same era is refused. Fees and
    /// points count in the era that is closed by the checkpoint that first sees them, once, whenever that is: by the
    /// time of a checkpoint nobody gains or loses any. The stake that is enlisted in era n counts for n + 1; the sum
    /// over all subnets is final when n + 1 begins; what it entitles to is drawn by the first checkpoint in n + 2,
    /// and lapses when there is none in that era. Missing a checkpoint costs liveness, never fees.
    ///
    /// - utilisation budget = k × fees, k < 1: who leases from himself pays more than his nodes can get.
    /// - liveness budget = min(cap × stake / all stake × max(0, 1 − utilisation / target), proven points × limit), where
    ///   utilisation = leased / (leased + proven). Nothing proven, nothing drawn; the sum is never above the cap.
    /// - own budget = min(what the governor set × the same factor, endowment).
    ///
    /// Requirements: the subnet exists; its last era was not closed yet.
    ///
    /// @param subnetId Subnet.
    function checkpoint(uint32 subnetId) external;

    /// @notice Sets how much of its endowment a subnet uses in an era at most.
    /// @dev Emits {OwnLivenessChanged}. Requirements: caller is the subnet's governor; at most
    /// {MAX_OWN_LIVENESS_PER_ERA}.
    /// @param subnetId Subnet.
    /// @param weiPerEra Most wei for one era.
    function setOwnLiveness(uint32 subnetId, uint96 weiPerEra) external;

    /// @notice Moves what a subnet has not promised to anybody to the protocol's pool, when its gateway has posted
    /// nothing for {IDLE_ERAS} eras. Anyone may call. What was promised stays claimable.
    /// @dev Emits {IdlePoolReturned} when there is something. Requirements: the subnet was checkpointed once; the time is over.
    /// @param subnetId Subnet.
    /// @return amount Wei moved.
    function returnIdle(uint32 subnetId) external returns (uint256 amount);

    /// @notice Posts what the nodes of a subnet get, since the beginning, up to and including an era.
    /// @dev Emits {RootPosted}. The root pays after {ACTIVATION_DELAY}; any number of roots may wait, each activates on
    /// its own, and none pushes another out.
    ///
    /// Requirements:
    /// - The caller is the gateway's operator key; root and data hash are not zero; the root was not posted
    ///   before.
    /// - The era is closed, and after the last one reported.
    /// - The total rises, by no more than what is free in the subnet's pool: budget and funds in one.
    ///
    /// @param subnetId Subnet.
    /// @param era Last era that the root covers.
    /// @param root Root over leaves keccak256(keccak256(abi.encode(nodeId, cumulative))).
    /// @param cumulativeTotal Sum of all `cumulative`, in wei.
    /// @param dataHash SHA-256 of the data from which the root can be recomputed. The gateway serves the data by this
    /// hash; it is the digest of its CIDv1 (raw) too.
    function postRoot(uint32 subnetId, uint32 era, bytes32 root, uint128 cumulativeTotal, bytes32 dataHash) external;

    /// @notice Takes the latest root of a subnet back before it pays. What it promised on top is free again, and its
    /// eras may be reported anew. Of several waiting roots the latest goes first.
    /// @dev Emits {RootDisabled}. Requirements: caller is the guardian, the slasher or the owner; the root is posted,
    /// not active, and the latest.
    /// @param subnetId Subnet.
    /// @param root The root.
    function disableRoot(uint32 subnetId, bytes32 root) external;

    /// @notice Credits a node with what it has not claimed yet, less what was slashed. Anyone may call: the credit is
    /// the node's, and only its wallet is paid, by {withdrawRewards}. So no wallet blocks anybody.
    /// @dev Emits {RewardClaimed}. Requirements: the root is posted and active; the proof holds; `cumulative` is above
    /// what was claimed; the subnet's claims stay within the root's total.
    /// @param claimed Leaf and proof.
    /// @return credited Wei that the node may withdraw now on top.
    function claim(Claim calldata claimed) external returns (uint256 credited);

    /// @notice {claim}, then {withdrawRewards}, in one transaction.
    /// @dev Requirements: those of both.
    /// @param claimed Leaf and proof.
    /// @return paid Wei paid.
    function claimAndWithdraw(Claim calldata claimed) external returns (uint256 paid);

    /// @notice Pays a node's credit to its reward wallet: the one its owner named, or the owner. Anyone may call.
    /// @dev Emits {RewardsWithdrawn}. Requirements: the node exists; it has credit; the wallet takes the coin.
    /// @param nodeId Node.
    /// @return amount Wei paid.
    function withdrawRewards(uint64 nodeId) external returns (uint256 amount);

    /// @notice Names the wallet that gets a node's rewards; zero for the owner itself.
    /// @dev Emits {RewardWalletChanged}. Requirements: caller is the node's owner.
    /// @param nodeId Node.
    /// @param wallet The wallet.
    function setRewardWallet(uint64 nodeId, address wallet) external;

    /// @notice Changes the parameters. Budgets that are granted and roots that are posted do not move.
    /// @dev Emits {ParametersChanged}. Requirements: caller is the owner; each within its constants.
    /// @param newParameters All of them.
    function setParameters(Parameters calldata newParameters) external;

    /// @notice Names the treasury.
    /// @dev Emits {TreasuryChanged}. Requirements: caller is the owner; not zero.
    /// @param newTreasury The account.
    function setTreasury(address newTreasury) external;

    /// @notice Names who may disable roots besides the owner and the slasher.
    /// @dev Emits {GuardianChanged}. Requirements: caller is the owner.
    /// @param newGuardian The account; zero for nobody.
    function setGuardian(address newGuardian) external;

    /// @notice Sets the slasher, once.
    /// @dev Emits {SlasherSet}. Requirements: caller is the owner; not zero; not set yet.
    /// @param newSlasher The contract.
    function setSlasher(address newSlasher) external;

    /// @notice The era that runs now: Unix time / {ERA_SECONDS}.
    /// @return era The era.
    function currentEra() external view returns (uint32 era);

    /// @notice The money of a subnet.
    /// @param subnetId Subnet.
    /// @return pool The record.
    function poolOf(uint32 subnetId) external view returns (Pool memory pool);

    /// @notice What was read and counted of a subnet.
    /// @param subnetId Subnet.
    /// @return books The record.
    function booksOf(uint32 subnetId) external view returns (Books memory books);

    /// @notice The liveness budget of an era, while it matters: from the era before it to the one after it.
    /// @param era The era.
    /// @return record The record; its `era` is another when this one has none.
    function livenessOf(uint32 era) external view returns (LivenessEra memory record);

    /// @notice A posted root; all zero when there is none.
    /// @param subnetId Subnet.
    /// @param root The root.
    /// @return posted The record.
    function rootOf(uint32 subnetId, bytes32 root) external view returns (PostedRoot memory posted);

    /// @notice What a node claimed from a subnet since the beginning.
    /// @param subnetId Subnet.
    /// @param nodeId Node.
    /// @return claimed Wei.
    function claimedOf(uint32 subnetId, uint64 nodeId) external view returns (uint256 claimed);

    /// @notice What a node may withdraw, and what its next claims are short of.
    /// @param nodeId Node.
    /// @return credit Wei.
    /// @return debt Wei.
    function creditOf(uint64 nodeId) external view returns (uint256 credit, uint256 debt);

    /// @notice The wallet that gets a node's rewards; zero when there is no such node.
    /// @param nodeId Node.
    /// @return wallet The wallet.
    function rewardWalletOf(uint64 nodeId) external view returns (address wallet);

    /// @notice EIP-712 digest of `EraReport(uint32 subnetId,uint32 era,bytes32 root,uint128 cumulativeTotal)`, which a
    /// gateway signs for its nodes before it posts; domain `Fizz`/`1`, this contract.
    /// @param subnetId Subnet.
    /// @param era Last era that the root covers.
    /// @param root The root.
    /// @param cumulativeTotal Sum of all cumulative amounts, in wei.
    /// @return digest What is signed.
    function reportDigestOf(
        uint32 subnetId,
        uint32 era,
        bytes32 root,
        uint128 cumulativeTotal
    ) external view returns (bytes32 digest);

    /// @notice The parameters.
    /// @return current All of them.
    function parameters() external view returns (Parameters memory current);

    /// @notice Money that belongs to no subnet.
    /// @return protocolFree Wei for liveness rewards of eras to come.
    /// @return treasuryDue Wei for the treasury.
    /// @return unsplit Wei from the market whose subnets were not checkpointed since.
    function totals() external view returns (uint256 protocolFree, uint256 treasuryDue, uint256 unsplit);

    /// @notice Who gets the share of the fees that is not for rewards.
    /// @return account The account.
    function treasury() external view returns (address account);

    /// @notice Who may disable roots besides the owner and the slasher.
    /// @return account The account; zero for nobody.
    function guardian() external view returns (address account);

    /// @notice The contract that may take rewards.
    /// @return account The contract; zero until it is set.
    function slasher() external view returns (address account);

    /// @notice Length of an era.
    /// @return eraSeconds Seconds.
    function ERA_SECONDS() external view returns (uint256 eraSeconds); // solhint-disable-line func-name-mixedcase

    /// @notice Time from posting a root until it pays.
    /// @return delaySeconds Seconds.
    function ACTIVATION_DELAY() external view returns (uint40 delaySeconds); // solhint-disable-line func-name-mixedcase

    /// @notice Largest share of fees that goes to rewards: below 1.
    /// @return maxShareBps In 1/10000.
    function MAX_POOL_SHARE_BPS() external view returns (uint16 maxShareBps); // solhint-disable-line func-name-mixedcase

    /// @notice Least utilisation target.
    /// @return minTargetBps In 1/10000.
    function MIN_TARGET_BPS() external view returns (uint16 minTargetBps); // solhint-disable-line func-name-mixedcase

    /// @notice Largest liveness cap of an era.
    /// @return maxCap Wei.
    function MAX_LIVENESS_CAP() external view returns (uint96 maxCap); // solhint-disable-line func-name-mixedcase

    /// @notice Largest liveness reward of a proven point over an era.
    /// @return maxPerPoint Wei.
    function MAX_LIVENESS_PER_POINT() external view returns (uint96 maxPerPoint); // solhint-disable-line func-name-mixedcase

    /// @notice Most of its endowment that a subnet uses in an era.
    /// @return maxPerEra Wei.
    function MAX_OWN_LIVENESS_PER_ERA() external view returns (uint96 maxPerEra); // solhint-disable-line func-name-mixedcase

    /// @notice Eras without a root after which a subnet's pool may be returned.
    /// @return eras Eras.
    function IDLE_ERAS() external view returns (uint32 eras); // solhint-disable-line func-name-mixedcase
}
