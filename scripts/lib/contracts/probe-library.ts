import { type Range } from "./solidity-ast.ts";

/** Name under which solc finds {@link PROBE_SOURCE}. */
export const PROBE_FILE = "fizz-tools/Probe.sol";

/** Coinbase under which a mutated build runs unchanged and reports which mutants a test reaches. */
export const RECORDING_COINBASE = coinbaseOf(0xffffffffn);

/** Coinbase that switches one mutant on. */
export function coinbaseOf(mutant: number | bigint): `0x${string}` {
  return `0xf12200000000000000000000${BigInt(mutant).toString(16).padStart(16, "0")}`;
}

/**
 * What instrumented contracts call. `hit` and `branch` tell EDR, whose coverage mode collects what is sent to this
 * address, what ran. `on` says whether a mutant is the active one: the block's coinbase names it, since this is the
 * one value that a test chain can be given, that costs no call, and that none of the contracts reads.
 */
export const PROBE_SOURCE = `// SPDX-License-Identifier: Apache-2.0
pragma solidity >=0.8.24;
library Probe {
    function hit(uint256 id) internal pure { _pure(_hit)(id); }
    function branch(bool condition, uint256 yes, uint256 no) internal pure returns (bool) {
        hit(condition ? yes : no);
        return condition;
    }
    function on(uint256 id) internal pure returns (bool) { return _pure(_on)(id); }
    function _hit(uint256 id) private view {
        assembly ("memory-safe") {
            mstore(0x00, id)
            pop(staticcall(gas(), 0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE, 0x00, 0x20, 0, 0))
        }
    }
    function _on(uint256 id) private view returns (bool active) {
        assembly ("memory-safe") {
            let base := coinbase()
            active := eq(base, or(${coinbaseOf(0)}, id))
            if eq(base, ${RECORDING_COINBASE}) {
                mstore(0x00, id)
                pop(staticcall(gas(), 0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE, 0x00, 0x20, 0, 0))
            }
        }
    }
    function _pure(function(uint256) internal view f) private pure returns (function(uint256) internal pure g) {
        assembly { g := f }
    }
    function _pure(function(uint256) internal view returns (bool) f)
        private pure returns (function(uint256) internal pure returns (bool) g)
    {
        assembly { g := f }
    }
}
`;

/** Text put around a range of a file. Ranges nest or are apart; empty ranges are insertions. */
export interface Wrap extends Range {
  readonly before: string;
  readonly after: string;
}

interface Insertion {
  readonly at: number;
  readonly order: readonly number[];
  readonly text: string;
}

/** The text with everything wrapped, as real characters, and with the probe library imported on the pragma's line. */
export function applyWraps(latin1: string, wraps: readonly Wrap[]): string {
  const insertions = wraps.flatMap(({ start, end, before, after }, index): Insertion[] => [
    // What ends here is closed first, the innermost first; then what starts here is opened, the outermost first.
    { at: end, order: start === end ? [1, 0, index] : [0, -start, -index], text: after },
    { at: start, order: start === end ? [1, 0, index - 0.5] : [2, -end, index], text: before },
  ]);
  insertions.sort((a, b) => a.at - b.at || compare(a.order, b.order));
  let result = "";
  let position = 0;
  for (const { at, text } of insertions) {
    result += latin1.slice(position, at) + text;
    position = at;
  }
  result += latin1.slice(position);
  const imported = result.replace(/^pragma solidity[^;]*;/m, `$& import {Probe} from "${PROBE_FILE}";`);
  return Buffer.from(imported, "latin1").toString("utf8");
}

function compare(a: readonly number[], b: readonly number[]): number {
  const index = a.findIndex((value, at) => value !== b[at]);
  return index === -1 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}
