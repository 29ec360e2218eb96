// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacityVerdicts} from "../interfaces/ICapacityVerdicts.sol";

/// @title MockVerdicts
/// @notice For tests of the slasher: verdicts that the test gives.
contract MockVerdicts is ICapacityVerdicts {
    mapping(bytes32 verdictId => Verdict verdict) private _verdicts;

    /// @notice Decides.
    /// @param verdictId Id of the verdict.
    /// @param verdict The verdict.
    function setVerdict(bytes32 verdictId, Verdict calldata verdict) external {
        _verdicts[verdictId] = verdict;
    }

    /// @inheritdoc ICapacityVerdicts
    function verdictOf(bytes32 verdictId) external view override returns (Verdict memory verdict) {
        return _verdicts[verdictId];
    }

    /// @inheritdoc ICapacityVerdicts
    function provenPointSecondsOf(uint32) external pure override returns (uint256 pointSeconds) {
        return 0;
    }
}
