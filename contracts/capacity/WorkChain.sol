// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Hashes} from "@openzeppelin/contracts/utils/cryptography/Hashes.sol";
import {ICapacityRounds} from "../interfaces/ICapacityRounds.sol";

/// @title WorkChain
/// @notice Re-executes one opened segment of a chain of labels.
/// label(i) = keccak256(lane seed, i, label(i − 1), label(p)), where p = i − 1 − (last 32 bits of label(i − 1) mod
/// min(i, window)); label(0) reads two zero words. Sixteen labels are a segment, hashed into a leaf of the Merkle tree over
/// all chains of a kind. `protocol/capacity` does the same.
library WorkChain {
    /// @dev The chain that a segment is of.
    struct Chain {
        bytes32 laneSeed;
        bytes32 root;
        uint256 window;
        // Leaves of one chain are 2^segmentsLog2.
        uint256 segmentsLog2;
        // Siblings in a path.
        uint256 depth;
    }

    /// @dev What {_execute} walks with.
    struct Walk {
        uint256 segment;
        // Place of the chain's first leaf.
        uint256 firstLeaf;
        // Parts read so far.
        uint256 read;
    }

    /// @notice Labels of a segment.
    uint256 internal constant LABELS = 16;

    /// @notice Log2 of {LABELS}.
    uint256 internal constant LABELS_LOG2 = 4;

    /// @dev Bytes of a segment.
    uint256 private constant _SEGMENT_BYTES = 512;

    /// @notice Whether every label of an opened segment is what its inputs give.
    /// @dev Reverts when a part is missing, of another size, or not under the root. Parts after a wrong label are not
    /// looked at; a right segment has all its parts and no more.
    /// @param chain The chain.
    /// @param opening The segment.
    /// @return right Whether all labels are right.
    /// @return label Number of the first wrong label in its chain.
    function check(
        Chain memory chain,
        ICapacityRounds.SegmentOpening calldata opening
    ) internal pure returns (bool right, uint256 label) {
        uint256 segment = opening.segment;
        if (segment >> chain.segmentsLog2 != 0) {
            revert ICapacityRounds.CapacityRounds_NoSuchSegment(opening.lane, opening.segment);
        }
        Walk memory walk = Walk({segment: segment, firstLeaf: uint256(opening.lane) << chain.segmentsLog2, read: 0});
        bytes calldata own = _take(chain, walk, opening.parts, segment);
        bytes calldata before = segment == 0 ? own : _take(chain, walk, opening.parts, segment - 1);

        for (uint256 offset = 0; offset < LABELS; offset++) {
            label = (segment << LABELS_LOG2) + offset;
            bytes32 previous = 0;
            if (offset != 0) previous = _labelAt(own, offset - 1);
            else if (segment != 0) previous = _labelAt(before, LABELS - 1);
            bytes32 parent = label == 0 ? bytes32(0) : _parentOf(chain, walk, opening.parts, previous, label);
            if (keccak256(abi.encode(chain.laneSeed, label, previous, parent)) != _labelAt(own, offset)) {
                return (false, label);
            }
        }
        if (walk.read != opening.parts.length) {
            revert ICapacityRounds.CapacityRounds_WrongPartCount(walk.read, opening.parts.length);
        }
        return (true, 0);
    }

    /// @dev The label that `label` points to: in the segment itself, in the one before it, or in the next part.
    function _parentOf(
        Chain memory chain,
        Walk memory walk,
        ICapacityRounds.Part[] calldata parts,
        bytes32 previous,
        uint256 label
    ) private pure returns (bytes32 parent) {
        uint256 reach = label < chain.window ? label : chain.window;
        uint256 position = label - 1 - (uint256(uint32(uint256(previous))) % reach);
        uint256 segment = position >> LABELS_LOG2;
        uint256 offset = position & (LABELS - 1);
        if (segment == walk.segment) return _labelAt(parts[0].labels, offset);
        if (segment + 1 == walk.segment) return _labelAt(parts[1].labels, offset);
        return _labelAt(_take(chain, walk, parts, segment), offset);
    }

    /// @dev The next part, which must be the segment at this place.
    function _take(
        Chain memory chain,
        Walk memory walk,
        ICapacityRounds.Part[] calldata parts,
        uint256 segment
    ) private pure returns (bytes calldata labels) {
        uint256 part = walk.read++;
        if (part >= parts.length) revert ICapacityRounds.CapacityRounds_WrongPartCount(part + 1, parts.length);
        labels = parts[part].labels;
        bytes32[] calldata path = parts[part].path;
        if (labels.length != _SEGMENT_BYTES || path.length != chain.depth) {
            revert ICapacityRounds.CapacityRounds_WrongPartSize(part, labels.length, path.length);
        }
        bytes32 node = keccak256(labels);
        uint256 position = walk.firstLeaf + segment;
        for (uint256 height = 0; height < path.length; height++) {
            node =
                (position >> height) & 1 == 0
                    ? Hashes.efficientKeccak256(node, path[height])
                    : Hashes.efficientKeccak256(path[height], node);
        }
        if (node != chain.root) revert ICapacityRounds.CapacityRounds_PartNotUnderRoot(part, node, chain.root);
    }

    function _labelAt(bytes calldata labels, uint256 offset) private pure returns (bytes32 label) {
        return bytes32(labels[offset * 32:offset * 32 + 32]);
    }
}
