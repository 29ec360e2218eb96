// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ISubnetRegistry
/// @notice A gateway and the economy around it: endpoints, cut, admission, stake.
interface ISubnetRegistry {
    /// @notice Who may join: any registered node, or only nodes that the owner allowed.
    enum Admission {
        Open,
        AllowList
    }

    /// @notice One gateway.
    /// @param owner Wallet that earns the subnet's cut and changes its settings.
    /// @param cutBps Share of each payment that goes to the owner, in 1/10000.
    /// @param admission Open or by allow-list.
    /// @param acceptsFizz Whether Fizz nodes may join.
    /// @param acceptsProvider Whether provider nodes may join.
    /// @param active False once closed: no node joins, no lease opens.
    /// @param registeredAt Unix time in seconds.
    /// @param operator Hot key of the gateway: its libp2p identity.
    /// @param stake Wei staked.
    /// @param apiUrl Base URL of the HTTP API.
    /// @param multiaddrs libp2p addresses of the gateway, comma separated, without the peer id.
    struct Subnet {
        address owner;
        uint16 cutBps;
        Admission admission;
        bool acceptsFizz;
        bool acceptsProvider;
        bool active;
        uint40 registeredAt;
        address operator;
        uint96 stake;
        string apiUrl;
        string multiaddrs;
    }

    /// @notice What a gateway operator chooses.
    /// @param operator Hot key of the gateway; unused by another subnet.
    /// @param cutBps At most {MAX_CUT_BPS}.
    /// @param admission Open or by allow-list.
    /// @param acceptsFizz Whether Fizz nodes may join.
    /// @param acceptsProvider Whether provider nodes may join.
    /// @param apiUrl At most 256 bytes.
    /// @param multiaddrs At most 1024 bytes.
    struct Settings {
        address operator;
        uint16 cutBps;
        Admission admission;
        bool acceptsFizz;
        bool acceptsProvider;
        string apiUrl;
        string multiaddrs;
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
    event EndpointsChanged(uint32 indexed subnetId, string apiUrl, string multiaddrs);

    /// @notice The cut for new leases changed.
    /// @param subnetId Identifier of the subnet.
    /// @param cutBps New cut, in 1/10000.
    event CutChanged(uint32 indexed subnetId, uint16 cutBps);

    /// @notice A node was allowed or forbidden to join.
    /// @param subnetId Identifier of the subnet.
    /// @param nodeId Identifier of the node.
    /// @param admitted Whether it may join.
    event NodeAdmitted(uint32 indexed subnetId, uint64 indexed nodeId, bool admitted);

    /// @notice A subnet was closed for good.
    /// @param subnetId Identifier of the subnet.
    /// @param stakeFreeAt Unix time from which its stake may be withdrawn.
    event SubnetClosed(uint32 indexed subnetId, uint40 stakeFreeAt);

    /// @notice The stake of a closed subnet was paid out.
    /// @param subnetId Identifier of the subnet.
    /// @param to Its owner.
    /// @param amount Wei.
    event StakeWithdrawn(uint32 indexed subnetId, address indexed to, uint256 amount);

    error SubnetRegistry_SubnetNotFound(uint32 subnetId);
    error SubnetRegistry_SubnetInactive(uint32 subnetId);
    error SubnetRegistry_NotOwner(uint32 subnetId, address caller);
    error SubnetRegistry_NotOwnerOrOperator(uint32 subnetId, address caller);
    error SubnetRegistry_OperatorTaken(address operator, uint32 subnetId);
    error SubnetRegistry_ZeroOperator();
    error SubnetRegistry_CutTooHigh(uint16 cutBps, uint16 maxCutBps);
    error SubnetRegistry_StakeTooLow(uint256 sent, uint256 required);
    error SubnetRegistry_TextTooLong(uint256 length, uint256 max);
    error SubnetRegistry_NothingAccepted();
    error SubnetRegistry_TransferFailed(address to, uint256 amount);
    error SubnetRegistry_NotClosed(uint32 subnetId);
    error SubnetRegistry_StakeThawing(uint32 subnetId, uint256 freeAt);
    error SubnetRegistry_NoStake(uint32 subnetId);

    /// @notice Registers a gateway with its stake. The caller becomes the owner.
    /// @dev Emits {SubnetRegistered} and {EndpointsChanged}.
    ///
    /// Requirements:
    /// - `msg.value` is at least {MIN_STAKE}; the cut is at most {MAX_CUT_BPS}.
    /// - The operator is not zero and not used by another subnet; at least one mode is accepted.
    ///
    /// @param settings What the gateway operator chooses.
    /// @return subnetId Identifier, counted from 1.
    function registerSubnet(Settings calldata settings) external payable returns (uint32 subnetId);

    /// @notice Publishes new endpoints.
    /// @dev Emits {EndpointsChanged}. Requirements: caller is the owner or the operator; the texts are short enough.
    /// @param subnetId Identifier of the subnet.
    /// @param apiUrl Base URL of the HTTP API, at most 256 bytes.
    /// @param multiaddrs libp2p addresses, comma separated, at most 1024 bytes.
    function setEndpoints(uint32 subnetId, string calldata apiUrl, string calldata multiaddrs) external;

    /// @notice Changes the cut for leases opened from now on. Running leases keep theirs.
    /// @dev Emits {CutChanged}. Nodes that accepted less take no new leases here until they accept it.
    /// Requirements: caller is the owner; the subnet is active; the cut is at most {MAX_CUT_BPS}.
    /// @param subnetId Identifier of the subnet.
    /// @param cutBps New cut in 1/10000, at most {MAX_CUT_BPS}.
    function setCut(uint32 subnetId, uint16 cutBps) external;

    /// @notice Allows or forbids a node to join a subnet with an allow-list.
    /// @dev Emits {NodeAdmitted}. Requirements: caller is the owner.
    /// @param subnetId Identifier of the subnet.
    /// @param nodeId Identifier of the node.
    /// @param admitted Whether it may join.
    function setAdmitted(uint32 subnetId, uint64 nodeId, bool admitted) external;

    /// @notice Closes a subnet for good: no node joins, no lease opens. Running leases go on and pay the cut.
    /// @dev Emits {SubnetClosed}. The stake thaws for {STAKE_THAW_SECONDS}. Requirements: caller is the owner; active.
    /// @param subnetId Identifier of the subnet.
    function closeSubnet(uint32 subnetId) external;

    /// @notice Pays the thawed stake of a closed subnet to its owner.
    /// @dev Emits {StakeWithdrawn}. Requirements: caller is the owner; closed; thawed; something is left; the owner
    /// takes the coin.
    /// @param subnetId Identifier of the subnet.
    function withdrawStake(uint32 subnetId) external;

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
    /// @return cutBps Current cut in 1/10000.
    /// @return active Whether leases may be opened.
    function cutOf(uint32 subnetId) external view returns (address owner, uint16 cutBps, bool active);

    /// @notice Whether a node of a mode may join.
    /// @param subnetId Identifier of the subnet.
    /// @param nodeId Identifier of the node.
    /// @param mode 0 Fizz, 1 provider.
    /// @return admitted Whether it may join now.
    function isAdmitted(uint32 subnetId, uint64 nodeId, uint8 mode) external view returns (bool admitted);

    /// @notice Number of subnets ever registered; ids run from 1 to this number.
    /// @return count The number.
    function subnetCount() external view returns (uint32 count);

    /// @notice Least stake of a gateway, in wei.
    /// @return minStake The stake.
    function MIN_STAKE() external view returns (uint256 minStake); // solhint-disable-line func-name-mixedcase

    /// @notice Largest cut of a subnet, in 1/10000.
    /// @return maxCutBps The cut.
    function MAX_CUT_BPS() external view returns (uint16 maxCutBps); // solhint-disable-line func-name-mixedcase

    /// @notice Time from closing a subnet until its stake may be withdrawn.
    /// @return thawSeconds The time in seconds.
    function STAKE_THAW_SECONDS() external view returns (uint40 thawSeconds); // solhint-disable-line func-name-mixedcase
}
