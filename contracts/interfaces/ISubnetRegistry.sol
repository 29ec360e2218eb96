// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ISubnetRegistry
/// @notice A gateway and the economy around it: endpoints, cut, admission, stake.
interface ISubnetRegistry {
    /// @notice Who may join: any registered node, or only nodes that the governor allowed.
    enum Admission {
        Open,
        AllowList
    }

    /// @notice Which nodes a subnet takes.
    /// @param admission Open or by allow-list.
    /// @param acceptsFizz Whether Fizz nodes may join.
    /// @param acceptsProvider Whether provider nodes may join.
    /// @param minCpuTier Least CPU tier of a node, an index in `protocol/tiers`; 0 for any. At most 255.
    /// @param minGpuTier Least GPU tier of a node; 0 for any. A node without a GPU has tier 0.
    struct AdmissionRules {
        Admission admission;
        bool acceptsFizz;
        bool acceptsProvider;
        uint16 minCpuTier;
        uint16 minGpuTier;
    }

    /// @notice One gateway.
    /// @param owner Wallet that earns the subnet's cut and holds its stake.
    /// @param governor Account that sets cut and admission; the owner until it is handed over.
    /// @param operator Hot key of the gateway: its libp2p identity.
    /// @param cutBps Share of each payment that goes to the owner now, in 1/10000.
    /// @param nextCutBps Share that was announced.
    /// @param nextCutAt Unix time from which it holds; 0 when nothing is announced.
    /// @param admission Open or by allow-list.
    /// @param acceptsFizz Whether Fizz nodes may join.
    /// @param acceptsProvider Whether provider nodes may join.
    /// @param minCpuTier Least CPU tier of a node; 0 for any.
    /// @param minGpuTier Least GPU tier of a node; 0 for any.
    /// @param active False once closed, and while the stake is below the minimum: no node joins, no lease opens.
    /// @param closed Whether it is closed for good.
    /// @param registeredAt Unix time in seconds.
    /// @param stake Wei staked, thawing included.
    /// @param apiUrl Base URL of the HTTP API.
    /// @param multiaddrs libp2p addresses of the gateway, comma separated, without the peer id.
    /// @param domain Domain under which leases get names; empty for none.
    struct Subnet {
        address owner;
        address governor;
        address operator;
        uint16 cutBps;
        uint16 nextCutBps;
        uint40 nextCutAt;
        Admission admission;
        bool acceptsFizz;
        bool acceptsProvider;
        uint16 minCpuTier;
        uint16 minGpuTier;
        bool active;
        bool closed;
        uint40 registeredAt;
        uint96 stake;
        string apiUrl;
        string multiaddrs;
        string domain;
    }

    /// @notice What a gateway operator chooses.
    /// @param operator Hot key of the gateway; unused by another subnet.
    /// @param cutBps At most {MAX_CUT_BPS}.
    /// @param admission Open or by allow-list.
    /// @param acceptsFizz Whether Fizz nodes may join.
    /// @param acceptsProvider Whether provider nodes may join.
    /// @param minCpuTier Least CPU tier of a node; 0 for any.
    /// @param minGpuTier Least GPU tier of a node; 0 for any.
    /// @param apiUrl At most 256 bytes.
    /// @param multiaddrs At most 1024 bytes.
    /// @param domain At most 253 bytes, as the domain name system has it; leases are `<name>.<domain>`.
    struct Settings {
        address operator;
        uint16 cutBps;
        Admission admission;
        bool acceptsFizz;
        bool acceptsProvider;
        uint16 minCpuTier;
        uint16 minGpuTier;
        string apiUrl;
        string multiaddrs;
        string domain;
    }

    /// @notice A gateway was registered with its stake.
    /// @param subnetId Identifier of the subnet.
    /// @param owner Wallet that earns the cut.
    /// @param operator Hot key of the gateway.
    /// @param cutBps Its cut, in 1/10000.
    event SubnetRegistered(uint32 indexed subnetId, address indexed owner, address indexed operator, uint16 cutBps);

    /// @notice A gateway is reached elsewhere from now on.
    /// @param subnetId Identifier of the subnet.
    /// @param apiUrl Base URL of the HTTP API.
    /// @param multiaddrs libp2p addresses, comma separated.
    /// @param domain Domain under which leases get names.
    event EndpointsChanged(uint32 indexed subnetId, string apiUrl, string multiaddrs, string domain);

    /// @notice The cut for new leases changes.
    /// @param subnetId Identifier of the subnet.
    /// @param cutBps New cut, in 1/10000.
    /// @param effectiveAt Unix time from which it holds: now, or {CUT_NOTICE_SECONDS} later when it is higher.
    event CutChanged(uint32 indexed subnetId, uint16 cutBps, uint40 effectiveAt);

    /// @notice Other nodes may join from now on. Nodes that are in stay in.
    /// @param subnetId Identifier of the subnet.
    /// @param rules The rules.
    event AdmissionRulesChanged(uint32 indexed subnetId, AdmissionRules rules);

    /// @notice Somebody else governs a subnet from now on.
    /// @param subnetId Identifier of the subnet.
    /// @param governor The account.
    event GovernorChanged(uint32 indexed subnetId, address indexed governor);

    /// @notice A node was allowed or forbidden to join.
    /// @param subnetId Identifier of the subnet.
    /// @param nodeId Identifier of the node.
    /// @param admitted Whether it may join.
    event NodeAdmitted(uint32 indexed subnetId, uint64 indexed nodeId, bool admitted);

    /// @notice A subnet was closed for good.
    /// @param subnetId Identifier of the subnet.
    /// @param stakeFreeAt Unix time from which its stake may be withdrawn.
    event SubnetClosed(uint32 indexed subnetId, uint40 stakeFreeAt);

    error SubnetRegistry_SubnetNotFound(uint32 subnetId);
    error SubnetRegistry_SubnetIsClosed(uint32 subnetId);
    error SubnetRegistry_NotOwner(uint32 subnetId, address caller);
    error SubnetRegistry_NotGovernor(uint32 subnetId, address caller);
    error SubnetRegistry_ZeroGovernor(uint32 subnetId);
    error SubnetRegistry_NotOwnerOrOperator(uint32 subnetId, address caller);
    error SubnetRegistry_OperatorTaken(address operator, uint32 subnetId);
    error SubnetRegistry_ZeroOperator();
    error SubnetRegistry_CutTooHigh(uint16 cutBps, uint16 maxCutBps);
    error SubnetRegistry_StakeTooLow(uint256 sent, uint256 required);
    error SubnetRegistry_TextTooLong(uint256 length, uint256 max);
    error SubnetRegistry_NothingAccepted();
    error SubnetRegistry_TierTooLarge(uint16 tier, uint16 max);
    error SubnetRegistry_ZeroNode(uint32 subnetId);
    error SubnetRegistry_TransferFailed(address to, uint256 amount);

    /// @notice Registers a gateway with its stake. The caller becomes the owner and the governor.
    /// @dev Emits {SubnetRegistered}, {EndpointsChanged} and {ISubnetStakes-StakeChanged}.
    ///
    /// Requirements:
    /// - `msg.value` is at least {MIN_STAKE}; the cut is at most {MAX_CUT_BPS}.
    /// - The operator is not zero and not used by another subnet; at least one mode is accepted; tiers are at most 255.
    /// - The texts are short enough.
    ///
    /// @param settings What the gateway operator chooses.
    /// @return subnetId Identifier, counted from 1.
    function registerSubnet(Settings calldata settings) external payable returns (uint32 subnetId);

    /// @notice Publishes new endpoints.
    /// @dev Emits {EndpointsChanged}. Requirements: caller is the owner or the operator; not closed; the texts are short
    /// enough.
    /// @param subnetId Identifier of the subnet.
    /// @param apiUrl Base URL of the HTTP API, at most 256 bytes.
    /// @param multiaddrs libp2p addresses, comma separated, at most 1024 bytes.
    /// @param domain Domain under which leases get names, at most 253 bytes; empty for none.
    function setEndpoints(
        uint32 subnetId,
        string calldata apiUrl,
        string calldata multiaddrs,
        string calldata domain
    ) external;

    /// @notice Changes the cut for new leases. Running leases keep theirs. A lower cut holds at once; a higher one holds
    /// {CUT_NOTICE_SECONDS} later, which is longer than a node's exit. A new call replaces what was announced.
    /// @dev Emits {CutChanged}. Nodes that accepted less take no new leases here until they accept it.
    /// Requirements: caller is the governor; not closed; the cut is at most {MAX_CUT_BPS}.
    /// @param subnetId Identifier of the subnet.
    /// @param cutBps New cut in 1/10000, at most {MAX_CUT_BPS}.
    function setCut(uint32 subnetId, uint16 cutBps) external;

    /// @notice Changes which nodes may join from now on. Nodes that are in stay in.
    /// @dev Emits {AdmissionRulesChanged}. Requirements: caller is the governor; not closed; at least one mode is
    /// accepted; tiers are at most 255.
    /// @param subnetId Identifier of the subnet.
    /// @param rules The rules.
    function setAdmissionRules(uint32 subnetId, AdmissionRules calldata rules) external;

    /// @notice Allows or forbids a node to join a subnet with an allow-list.
    /// @dev Emits {NodeAdmitted}. Requirements: caller is the governor; not closed; the node is not 0.
    /// @param subnetId Identifier of the subnet.
    /// @param nodeId Identifier of the node.
    /// @param admitted Whether it may join.
    function setAdmitted(uint32 subnetId, uint64 nodeId, bool admitted) external;

    /// @notice Hands the governance of a subnet over: cut and admission, never stake or earnings.
    /// @dev Emits {GovernorChanged}. Requirements: caller is the governor; not closed; not zero.
    /// @param subnetId Identifier of the subnet.
    /// @param governor The account.
    function setGovernor(uint32 subnetId, address governor) external;

    /// @notice Closes a subnet for good: no node joins, no lease opens. Running leases go on and pay the cut.
    /// @dev Emits {SubnetClosed} and {ISubnetStakes-StakeChanged}: all of the stake thaws for {STAKE_THAW_SECONDS}.
    /// Requirements: caller is the owner; not closed.
    /// @param subnetId Identifier of the subnet.
    function closeSubnet(uint32 subnetId) external;

    /// @notice The record of a subnet; all zero when there is none.
    /// @param subnetId Identifier of the subnet.
    /// @return subnet The record.
    function subnetOf(uint32 subnetId) external view returns (Subnet memory subnet);

    /// @notice The subnet that a gateway's key runs; 0 when none.
    /// @param operator Hot key.
    /// @return subnetId Identifier of the subnet.
    function subnetIdOf(address operator) external view returns (uint32 subnetId);

    /// @notice Cut, owner and activity, for the lease market.
    /// @param subnetId Identifier of the subnet.
    /// @return owner Wallet that earns the cut.
    /// @return cutBps Cut in force now, in 1/10000.
    /// @return active Whether leases may be opened: not closed, and the stake is not below the minimum.
    function cutOf(uint32 subnetId) external view returns (address owner, uint16 cutBps, bool active);

    /// @notice The account that sets cut and admission; zero when there is no such subnet.
    /// @param subnetId Identifier of the subnet.
    /// @return governor The account.
    function governorOf(uint32 subnetId) external view returns (address governor);

    /// @notice Whether a node of a mode and of tiers may join.
    /// @param subnetId Identifier of the subnet.
    /// @param nodeId Identifier of the node.
    /// @param mode 0 Fizz, 1 provider; nothing else is admitted.
    /// @param cpuTier Index of its CPU tier.
    /// @param gpuTier Index of its GPU tier; 0 without a GPU.
    /// @return admitted Whether it may join now.
    function isAdmitted(
        uint32 subnetId,
        uint64 nodeId,
        uint8 mode,
        uint16 cpuTier,
        uint16 gpuTier
    ) external view returns (bool admitted);

    /// @notice Number of subnets ever registered; ids run from 1 to this number.
    /// @return count The number.
    function subnetCount() external view returns (uint32 count);

    /// @notice Least stake of a gateway, in wei.
    /// @return minStake The stake.
    function MIN_STAKE() external view returns (uint256 minStake); // solhint-disable-line func-name-mixedcase

    /// @notice Largest cut of a subnet, in 1/10000.
    /// @return maxCutBps The cut.
    function MAX_CUT_BPS() external view returns (uint16 maxCutBps); // solhint-disable-line func-name-mixedcase

    /// @notice Time from announcing a higher cut until it holds.
    /// @return noticeSeconds The time in seconds.
    function CUT_NOTICE_SECONDS() external view returns (uint40 noticeSeconds); // solhint-disable-line func-name-mixedcase

    /// @notice Time from closing a subnet, or from `thawStake`, until the stake may be withdrawn.
    /// @return thawSeconds The time in seconds.
    function STAKE_THAW_SECONDS() external view returns (uint40 thawSeconds); // solhint-disable-line func-name-mixedcase
}
