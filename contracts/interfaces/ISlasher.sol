// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.24;

/// @title ISlasher
/// @notice Where dishonesty costs: reports with evidence, answers to them, and what is taken and paid; and the claims
/// of downtime that gateways back with their stake.
/// @dev A report or a claim is stored as one word: the hash of its record. Whoever acts on it brings the record, which
/// the event carried. So nothing of it can change later, whatever the owner changes for the next one.
interface ISlasher {
    /// @notice What somebody did.
    /// @dev By a node: NoShow (held the manifest and did not start), Abandonment (does not serve a running lease),
    /// FalseCapacity. By a gateway: FalseRoot, Omission, Contradiction (signed two things that cannot both be true).
    enum Offence {
        NoShow,
        Abandonment,
        FalseCapacity,
        FalseRoot,
        Omission,
        Contradiction
    }

    /// @notice Who is accused: it decides the shares of {Penalties}.
    enum Accused {
        FizzNode,
        ProviderNode,
        Gateway
    }

    /// @notice Where a report is. All but Open (and, for an abandonment, Appealed) are final.
    enum ReportState {
        None,
        Open,
        Appealed,
        Compensated,
        Settled,
        Lapsed
    }

    /// @notice Where a claim of downtime is. All but Open are final.
    enum ClaimState {
        None,
        Open,
        Voided,
        Released
    }

    /// @notice Everything about a report, fixed when it is filed.
    /// @param offence What was done.
    /// @param accused Who is accused, by kind.
    /// @param native Whether the lease is paid in the native coin; false without a lease.
    /// @param nodeId Node concerned; the accused one unless a gateway is accused.
    /// @param subnetId Subnet concerned; the accused one if a gateway is accused.
    /// @param fact What the report is about: the lid, the id of the verdict, the id of the claim, or of the day.
    /// @param reporter Who gets the reporter's cut and the deposit.
    /// @param harmed Who was harmed; zero when nobody in particular.
    /// @param amount Wei to take in all: the share of what is staked at the report, or the least penalty.
    /// @param stakeCap Wei of it that may come from the bond or stake: what was there at the report.
    /// @param locked Wei of it that the report holds.
    /// @param harm Most wei for the harmed.
    /// @param deposit Wei that the reporter risks.
    /// @param reporterCutBps Cut of the reporter, in 1/10000; 0 for an abandonment, which is reported without proof.
    /// @param reportedAt Unix time in seconds.
    /// @param appealUntil Last Unix time for an appeal or a compensation.
    /// @param lapsesAt Unix time from which it can no longer be settled.
    struct Report {
        Offence offence;
        Accused accused;
        bool native;
        uint64 nodeId;
        uint32 subnetId;
        bytes32 fact;
        address reporter;
        address harmed;
        uint96 amount;
        uint96 stakeCap;
        uint96 locked;
        uint96 harm;
        uint96 deposit;
        uint16 reporterCutBps;
        uint40 reportedAt;
        uint40 appealUntil;
        uint40 lapsesAt;
    }

    /// @notice A claim of downtime, fixed when it is made. Its id is keccak256(abi.encode(claim)).
    /// @param lid Lease.
    /// @param leaseHash Content id of the lease.
    /// @param tenant Who was credited.
    /// @param nodeId Node that did not serve, as the gateway says.
    /// @param subnetId Subnet whose gateway says so.
    /// @param fromAt First second of the downtime, Unix time.
    /// @param duration Seconds of it.
    /// @param value Wei that the tenant was credited.
    /// @param toNode Wei of them that the node would have earned.
    /// @param locked Wei of stake that stand for the claim.
    /// @param claimedAt Unix time of the claim.
    /// @param voidableUntil Last Unix time at which it can be voided.
    struct DowntimeClaim {
        uint256 lid;
        bytes32 leaseHash;
        address tenant;
        uint64 nodeId;
        uint32 subnetId;
        uint40 fromAt;
        uint32 duration;
        uint96 value;
        uint96 toNode;
        uint96 locked;
        uint40 claimedAt;
        uint40 voidableUntil;
    }

    /// @notice Liveness receipt. EIP-712, domain `Fizz`/`1`, this contract; signed by the node's operator and the
    /// operator of the subnet's gateway.
    /// @param nodeId Node.
    /// @param subnetId Subnet whose gateway saw the node.
    /// @param at Unix time in seconds.
    /// @param leases Number of leases that the node serves.
    /// @param leaseRoot Merkle root over keccak256(bytes.concat(keccak256(abi.encode(leaseHash)))), pairs sorted.
    struct Pulse {
        uint64 nodeId;
        uint32 subnetId;
        uint40 at;
        uint32 leases;
        bytes32 leaseRoot;
    }

    /// @notice What may change, within constants. It holds for reports that are filed from then on.
    /// @param deposit Wei that a report without proof takes.
    /// @param reporterCutBps Cut of the reporter, in 1/10000.
    /// @param appealSeconds Time for an appeal or a compensation.
    /// @param lockSeconds Time from the report until it lapses, and what it held is free by itself.
    struct Rules {
        uint96 deposit;
        uint16 reporterCutBps;
        uint40 appealSeconds;
        uint40 lockSeconds;
    }

    /// @notice Somebody is accused. The record is needed for all that follows.
    /// @param reportId keccak256(abi.encode(offence, fact)).
    /// @param nodeId Node concerned.
    /// @param subnetId Subnet concerned.
    /// @param report The record.
    event ReportFiled(bytes32 indexed reportId, uint64 indexed nodeId, uint32 indexed subnetId, Report report);

    /// @notice The accused answered with evidence: nothing is taken.
    /// @param reportId The report.
    /// @param nodeId Node that answered.
    /// @param deposited Wei of the reporter's deposit.
    /// @param forfeited Whether the reporter lost them, see {appeal}.
    event ReportAppealed(bytes32 indexed reportId, uint64 indexed nodeId, uint256 deposited, bool forfeited);

    /// @notice Somebody paid the penalty for the accused: nothing is taken.
    /// @param reportId The report.
    /// @param payer Who paid.
    /// @param amount Wei.
    event ReportCompensated(bytes32 indexed reportId, address indexed payer, uint256 amount);

    /// @notice The penalty was taken, as far as it was there.
    /// @param reportId The report.
    /// @param fromRewards Wei of pending rewards, which stay in the rewards' pool.
    /// @param fromHeld Token units of held-back earnings, which the tenant keeps.
    /// @param fromStake Wei of bond or stake, which are paid out here.
    event ReportSettled(bytes32 indexed reportId, uint256 fromRewards, uint256 fromHeld, uint256 fromStake);

    /// @notice Nobody settled in time: nothing is taken, the deposit goes back.
    /// @param reportId The report.
    event ReportLapsed(bytes32 indexed reportId);

    /// @notice A gateway says that a node did not serve. The record is needed for all that follows.
    /// @param claimId keccak256(abi.encode(claim)).
    /// @param lid Lease.
    /// @param nodeId Node.
    /// @param claim The record.
    event DowntimeClaimed(bytes32 indexed claimId, uint256 indexed lid, uint64 indexed nodeId, DowntimeClaim claim);

    /// @notice The node served after all: the gateway's stake paid it.
    /// @param claimId The claim.
    /// @param witness Who had signed for the service.
    /// @param taken Wei of stake taken.
    /// @param toNode Wei of them for the node's owner.
    event ClaimVoided(bytes32 indexed claimId, address indexed witness, uint256 taken, uint256 toNode);

    /// @notice Nobody voided the claim: the stake is free again.
    /// @param claimId The claim.
    event ClaimReleased(bytes32 indexed claimId);

    /// @notice An account may withdraw more.
    /// @param account The account.
    /// @param amount Wei more.
    event Credited(address indexed account, uint256 amount);

    /// @notice An account was paid.
    /// @param account The account.
    /// @param amount Wei.
    event Withdrawn(address indexed account, uint256 amount);

    /// @notice Other rules hold for the next reports.
    /// @param rules The rules.
    event RulesChanged(Rules rules);

    /// @notice Another account gets what nobody in particular is owed.
    /// @param pool The account.
    event PoolChanged(address indexed pool);

    error Slasher_RuleOutOfRange(string rule, uint256 value, uint256 min, uint256 max);
    error Slasher_ZeroPool();
    error Slasher_NotRegistry(address caller);
    error Slasher_NothingToWithdraw(address account);
    error Slasher_TransferFailed(address to, uint256 amount);
    error Slasher_AlreadyReported(bytes32 reportId, ReportState state);
    error Slasher_WrongReport(bytes32 reportId, bytes32 stored, bytes32 given);
    error Slasher_NotOpen(bytes32 reportId, ReportState state);
    error Slasher_TooOld(uint256 factAt, uint256 reportableUntil, uint256 nowAt);
    error Slasher_InTheFuture(uint256 factAt, uint256 nowAt);
    error Slasher_AppealRunning(bytes32 reportId, uint256 appealUntil);
    error Slasher_AppealOver(bytes32 reportId, uint256 appealUntil);
    error Slasher_Lapsed(bytes32 reportId, uint256 lapsedAt);
    error Slasher_NotLapsed(bytes32 reportId, uint256 lapsesAt);
    error Slasher_NotAppealable(bytes32 reportId, Offence offence);
    error Slasher_WrongDeposit(uint256 sent, uint256 required);
    error Slasher_WrongCompensation(uint256 sent, uint256 required);
    error Slasher_NoNoShow(uint256 lid);
    error Slasher_NoVerdict(bytes32 verdictId);
    error Slasher_NotTenant(uint256 lid, address caller);
    error Slasher_NotRunning(uint256 lid, uint8 leaseState);
    error Slasher_Exhausted(uint256 lid, uint256 paidUntil);
    error Slasher_PulseNotForNode(uint64 nodeId, uint64 pulseNodeId);
    error Slasher_PulseTooEarly(uint256 pulsedAt, uint256 earliest);
    error Slasher_NotInSubnet(uint64 nodeId, uint32 subnetId);
    error Slasher_BadNodeSignature(address expected, address recovered);
    error Slasher_BadGatewaySignature(uint32 subnetId, address recovered);
    error Slasher_LeaseNotInPulse(bytes32 leaseHash, bytes32 leaseRoot);
    error Slasher_NoContradiction();
    error Slasher_NotGateway(uint32 subnetId, address caller);
    error Slasher_NotNative(uint256 lid, address token);
    error Slasher_DowntimeOutOfRange(uint256 fromAt, uint256 until, uint256 earliest, uint256 latest);
    error Slasher_ClaimTooLong(uint256 duration, uint256 max);
    error Slasher_NothingHeld(uint256 lid);
    error Slasher_StakeTooLow(uint32 subnetId, uint256 locked, uint256 required);
    error Slasher_ClaimNotOpen(bytes32 claimId, ClaimState state);
    error Slasher_ClaimUnknown(bytes32 claimId);
    error Slasher_ClaimWindowOver(bytes32 claimId, uint256 voidableUntil);
    error Slasher_ClaimWindowRunning(bytes32 claimId, uint256 voidableUntil);
    error Slasher_ReportsRunning(uint32 subnetId, uint256 until);
    error Slasher_EvidenceTooShort(uint256 covered, uint256 required);
    error Slasher_BadWitness(address recovered);

    /// @notice Reports a node that held the manifest of a lease and did not start. Anybody may; the tenant, who brought
    /// the receipt, counts as the reporter.
    /// @dev Emits {ReportFiled}. No appeal: the market decided. Requirements: the market says so; not reported yet; the
    /// lease was opened at most a day and {REPORT_WINDOW_SECONDS} ago.
    /// @param lid Lease.
    /// @return reportId The report.
    function reportNoShow(uint256 lid) external returns (bytes32 reportId);

    /// @notice Reports that the node of a running lease does not serve it. Takes a deposit, which is
    /// lost if the lease's own gateway saw the node serve.
    /// @dev Emits {ReportFiled}. Wait for more than {PULSE_GRACE_SECONDS} of silence first.
    ///
    /// Requirements:
    /// - Caller is the tenant; the lease is Active or Reclaiming and has money.
    /// - `msg.value` is exactly the deposit of the rules.
    /// - No report of it is open or was settled. After an appeal it may be reported again.
    ///
    /// @param lid Lease.
    /// @return reportId The report.
    function reportAbandonment(uint256 lid) external payable returns (bytes32 reportId);

    /// @notice Reports what the capacity rounds decided. Anybody may; who brought the evidence there is the reporter.
    /// @dev Emits {ReportFiled}. No deposit, no appeal. Requirements: there is such a verdict, decided at most
    /// {REPORT_WINDOW_SECONDS} ago; not reported yet.
    /// @param verdictId The verdict.
    /// @return reportId The report.
    function reportVerdict(bytes32 verdictId) external returns (bytes32 reportId);

    /// @notice Reports a gateway that signed two different pulses for one node and one second.
    /// @dev Emits {ReportFiled}. No deposit, no appeal. All such pairs of one subnet and one day (UTC) are one offence.
    /// Requirements: same node, subnet and time; different content; both signed by the gateway's operator; the time lies
    /// at most {REPORT_WINDOW_SECONDS} back and not ahead; not reported yet.
    /// @param one A pulse.
    /// @param oneSignature Of the gateway's operator.
    /// @param other Another pulse.
    /// @param otherSignature Of the gateway's operator.
    /// @return reportId The report.
    function reportTwoPulses(
        Pulse calldata one,
        bytes calldata oneSignature,
        Pulse calldata other,
        bytes calldata otherSignature
    ) external returns (bytes32 reportId);

    /// @notice Reports a gateway that claimed downtime of a lease and had signed a pulse with that lease in that time.
    /// @dev Emits {ReportFiled}. No deposit, no appeal. The node's owner is the harmed one, unless the claim was voided.
    /// Requirements: the claim was made, at most {REPORT_WINDOW_SECONDS} ago; the pulse is of its node and subnet, lies
    /// in the claimed time, names the lease, and is signed by the gateway's operator; not reported yet.
    /// @param claim The claim.
    /// @param pulse The pulse.
    /// @param signature Of the gateway's operator.
    /// @param proof Merkle proof of the lease hash in the pulse.
    /// @return reportId The report.
    function reportDeniedService(
        DowntimeClaim memory claim,
        Pulse calldata pulse,
        bytes calldata signature,
        bytes32[] calldata proof
    ) external returns (bytes32 reportId);

    /// @notice Answers the report of an abandonment with a pulse that names the lease. Anybody may bring it.
    /// @dev Emits {ReportAppealed}. If the pulse is of the lease's own gateway, the deposit goes to the node's owner for its
    /// effort ({ANSWER_BPS}) and to the pool; if it is of another one, back to the reporter. Who runs a node and a gateway
    /// must not live on such deposits.
    /// What the report locked stays locked until it lapses, see {settle}.
    ///
    /// Requirements:
    /// - The record is the stored one; the report is open; the time for appeals is not over.
    /// - The pulse is of the accused node, at most {PULSE_GRACE_SECONDS} older than the report and not ahead, names the
    ///   lease, and is signed by the node's operator and by the operator of its subnet, in which the node is.
    ///
    /// @param report The record.
    /// @param pulse The answer.
    /// @param nodeSignature Of the node's operator.
    /// @param gatewaySignature Of the operator of the pulse's subnet.
    /// @param proof Merkle proof of the lease hash in the pulse.
    function appeal(
        Report memory report,
        Pulse calldata pulse,
        bytes calldata nodeSignature,
        bytes calldata gatewaySignature,
        bytes32[] calldata proof
    ) external;

    /// @notice Pays the penalty at once, so that nothing is taken from the bond and nobody is suspended. Anybody may pay.
    /// @dev Emits {ReportCompensated}. Requirements: the record is the stored one; open; the time for appeals is not
    /// over; `msg.value` is exactly `report.amount`.
    /// @param report The record.
    function compensate(Report memory report) external payable;

    /// @notice Takes the penalty and credits it: the reporter's cut, the harmed up to its harm, the rest to the pool.
    /// Anybody may. A Fizz node pays from the rewards that are credited, then held-back earnings of the lease, then
    /// its bond; the rest comes off its next rewards.
    /// @dev Emits {ReportSettled}. Never reverts on less: takes what is there. Unlocks only what it takes: what other
    /// reports count on stays locked. An abandoned lease gives its held-back earnings to the tenant in any case; an
    /// abandoning, a capacity faking, and a node with three missed starts are suspended.
    /// Requirements: the record is the stored one; open; the time for appeals is over; not lapsed.
    /// @param report The record.
    function settle(Report memory report) external;

    /// @notice Ends a report that nobody settled in time: the deposit goes back. Anybody may.
    /// @dev Emits {ReportLapsed}. Requirements: the record is the stored one; open; lapsed.
    /// @param report The record.
    function lapse(Report memory report) external;

    /// @notice The gateway of a lease says that its node did not serve it for some time, and backs it with its stake:
    /// the time comes off the tenant's bill, and the node may prove the contrary.
    /// @dev Emits {DowntimeClaimed}.
    ///
    /// Requirements:
    /// - Caller is the operator of the lease's subnet; the lease is paid in the native coin.
    /// - The time lies within the market's holdback, in the past, and after the last claim for the lease.
    /// - It is at most {MAX_CLAIM_SECONDS} and {CLAIM_CAP_BPS} of the time that the lease ran since the last claim, as
    ///   far as it is held back.
    /// - Something of it is still held back, and the stake covers {CLAIM_FACTOR} × its price, at least {MIN_CLAIM_LOCK}.
    ///
    /// @param lid Lease.
    /// @param fromAt First second of the downtime, Unix time.
    /// @param duration Seconds of it.
    /// @return claimId The claim.
    function claimDowntime(uint256 lid, uint40 fromAt, uint32 duration) external returns (bytes32 claimId);

    /// @notice Voids a claim with a receipt for service in that time: the gateway's locked stake is taken; the node's
    /// owner gets what the node would have earned, the pool the rest.
    /// @dev Emits {ClaimVoided}. EIP-712 `ServiceReceipt(bytes32 leaseHash,uint40 from,uint40 until)`, this contract.
    /// The node gets no more than it lost: else one who is tenant and node would live on honest claims.
    ///
    /// Requirements:
    /// - The claim is open and its time not over; the receipt covers at least {EVIDENCE_BPS} of the claimed time.
    /// - It is signed by the tenant, or by the operator of another active subnet in which the node is.
    ///
    /// @param claim The claim.
    /// @param from First second of the service.
    /// @param until First second after it.
    /// @param signature Of the tenant or of the other gateway.
    function voidClaim(DowntimeClaim memory claim, uint40 from, uint40 until, bytes calldata signature) external;

    /// @notice Frees the stake of a claim that nobody voided. Anybody may.
    /// @dev Emits {ClaimReleased}. Requirements: open; its time is over; no report against the gateway is running, whose
    /// lock it could loosen.
    /// @param claim The claim.
    function releaseClaim(DowntimeClaim memory claim) external;

    /// @notice Pays the caller what it was credited.
    /// @dev Emits {Withdrawn}. Requirements: there is something; the caller takes the coin.
    /// @return amount Wei.
    function withdraw() external returns (uint256 amount);

    /// @notice {withdraw} for somebody else, to whom alone it is paid: the pool may be a contract that does not ask.
    /// @dev Emits {Withdrawn}. Requirements: there is something; the account takes the coin.
    /// @param account Who was credited, and is paid.
    /// @return amount Wei.
    function withdrawFor(address account) external returns (uint256 amount);

    /// @notice Changes the rules for reports that are filed from now on. Filed ones keep what they were filed under.
    /// @dev Emits {RulesChanged}. Requirements: caller is the owner; deposit 0.002 to 0.1 ether; cut at most
    /// {MAX_REPORTER_CUT_BPS}; appeal 1 to 7 days; lock between 3 days more than the appeal and 14 days.
    /// @param rules The rules.
    function setRules(Rules calldata rules) external;

    /// @notice Names the account that gets what nobody in particular is owed.
    /// @dev Emits {PoolChanged}. Requirements: caller is the owner; not zero.
    /// @param newPool The account.
    function setPool(address newPool) external;

    /// @notice Wei that an account may withdraw.
    /// @param account The account.
    /// @return amount Wei.
    function balanceOf(address account) external view returns (uint256 amount);

    /// @notice Where a report is.
    /// @param reportId keccak256(abi.encode(offence, fact)).
    /// @return state The state.
    function reportStateOf(bytes32 reportId) external view returns (ReportState state);

    /// @notice Where a claim is.
    /// @param claimId keccak256(abi.encode(claim)).
    /// @return state The state.
    function claimStateOf(bytes32 claimId) external view returns (ClaimState state);

    /// @notice End of the last claim for a lease.
    /// @param lid Lease.
    /// @return until Unix time; 0 without a claim.
    function claimedUntilOf(uint256 lid) external view returns (uint40 until);

    /// @notice The rules for the next report.
    /// @return rules The rules.
    function currentRules() external view returns (Rules memory rules);

    /// @notice Account that gets what nobody in particular is owed.
    /// @return account The account.
    function pool() external view returns (address account);

    /// @notice Time from a fact within which it can be reported.
    /// @return window Seconds.
    function REPORT_WINDOW_SECONDS() external view returns (uint40 window); // solhint-disable-line func-name-mixedcase

    /// @notice How much older than the report an answering pulse may be: a tenant that closes in the same block leaves
    /// the node no time for a newer one.
    /// @return grace Seconds.
    function PULSE_GRACE_SECONDS() external view returns (uint40 grace); // solhint-disable-line func-name-mixedcase

    /// @notice Part of a lost deposit that goes to the owner of the node that answered, in 1/10000.
    /// @return answerBps The part.
    function ANSWER_BPS() external view returns (uint16 answerBps); // solhint-disable-line func-name-mixedcase

    /// @notice Largest cut of a reporter, in 1/10000.
    /// @return maxCutBps The cut.
    function MAX_REPORTER_CUT_BPS() external view returns (uint16 maxCutBps); // solhint-disable-line func-name-mixedcase

    /// @notice Largest part for the harmed, in 1/10000. With the reporter's cut it leaves half to the pool, so that
    /// nobody takes its own stake out through an accomplice.
    /// @return maxHarmBps The part.
    function MAX_HARM_BPS() external view returns (uint16 maxHarmBps); // solhint-disable-line func-name-mixedcase

    /// @notice Time in which a claim can be voided.
    /// @return window Seconds.
    function CLAIM_WINDOW_SECONDS() external view returns (uint40 window); // solhint-disable-line func-name-mixedcase

    /// @notice Longest downtime of one claim.
    /// @return max Seconds.
    function MAX_CLAIM_SECONDS() external view returns (uint32 max); // solhint-disable-line func-name-mixedcase

    /// @notice Largest part of a lease's time that can be claimed, in 1/10000.
    /// @return capBps The part.
    function CLAIM_CAP_BPS() external view returns (uint16 capBps); // solhint-disable-line func-name-mixedcase

    /// @notice Stake that stands for a claim, as a multiple of its price.
    /// @return factor The multiple.
    function CLAIM_FACTOR() external view returns (uint96 factor); // solhint-disable-line func-name-mixedcase

    /// @notice Least stake that stands for a claim.
    /// @return minLock Wei.
    function MIN_CLAIM_LOCK() external view returns (uint96 minLock); // solhint-disable-line func-name-mixedcase

    /// @notice Least part of the claimed time that a receipt must cover, in 1/10000.
    /// @return evidenceBps The part.
    function EVIDENCE_BPS() external view returns (uint16 evidenceBps); // solhint-disable-line func-name-mixedcase
}
