import { type ModelOptions } from "./library-model.ts";

/** A small bug in a library, and the claim of the harness that it makes false. */
export interface Mutant {
  readonly name: string;
  readonly edit: readonly [from: string, to: string];
  /** The harness's function, and the claim there. */
  readonly refutes: readonly [function: string, claim: string];
}

/** What is proved of a library, and that the proof can fail. */
export interface Proof {
  readonly harness: string;
  readonly library: string;
  readonly model: ModelOptions;
  readonly mutants: readonly Mutant[];
}

const BILLING = ["settleTo", "share", "earnedIn", "paidUntil"];
const CONSERVED = "_conserved()";
const STAYED = "_stayed(others)";

export const PROOFS: readonly Proof[] = [
  {
    harness: "EscrowLedgerProof",
    library: "EscrowLedger",
    model: {
      record: "book",
      functions: [
        "credit",
        "debit",
        "lock",
        "refund",
        "release",
        "collectNode",
        "collectSubnet",
        "_capped96",
        "_capped64",
      ],
      total: ["release"],
      // Which subnet a node's earnings belong to is any function of their key.
      stubs: `mapping(uint256 node => uint256 subnet) internal subnetOf;
function subnetKeyOf(uint256 node) internal view returns (uint256) { return subnetOf[node]; }`,
    },
    mutants: [
      {
        name: "a deposit replaces what was there",
        edit: ["book.free[account][token] += units", "book.free[account][token] = units"],
        refutes: ["deposit", CONSERVED],
      },
      {
        name: "a withdrawal goes to another token's account",
        edit: ["book.free[account][token] -= units", "book.free[account][token + 1] -= units"],
        refutes: ["withdraw", STAYED],
      },
      {
        name: "a lock takes nothing from the account",
        edit: ["book.free[from][token] -= units;", ""],
        refutes: ["lockInLease", CONSERVED],
      },
      {
        name: "a refund gives what stays",
        edit: ["book.free[tenant][token] += units", "book.free[tenant][token] += left"],
        refutes: ["refundFromLease", CONSERVED],
      },
      {
        name: "a settlement forgets the subnet's part",
        edit: ["ofSubnet.toSubnet += uint96(shares.toSubnet);", ""],
        refutes: ["settle", CONSERVED],
      },
      {
        name: "a settlement leaves the protocol's part in the lease, too",
        edit: [" - shares.toSubnet - shares.toProtocol", " - shares.toSubnet"],
        refutes: ["settle", CONSERVED],
      },
      {
        name: "a settlement pays the node's part to another node",
        edit: [
          "ofNode.outstanding += uint96(shares.toNode)",
          "book.nodes[node + 1].outstanding += uint96(shares.toNode)",
        ],
        refutes: ["settle", STAYED],
      },
      {
        name: "a settlement is counted in place of the earlier ones",
        edit: ["_capped64(uint256(ofNode.pointSeconds) + pointSeconds)", "uint64(pointSeconds)"],
        refutes: [
          "meter",
          "book.nodes[node].pointSeconds == _least(ofNode + pointSeconds, type(uint64).max)",
        ],
      },
      {
        name: "a meter that is full is cut off",
        edit: [
          "_capped96(uint256(ofNode.earned) + shares.toNode)",
          "uint96(uint256(ofNode.earned) + shares.toNode)",
        ],
        refutes: ["meter", "allFit && goesThrough"],
      },
      {
        name: "a settlement is blocked where it takes all",
        edit: ["shares.toSubnet - shares.toProtocol);", "shares.toSubnet - shares.toProtocol - 1);"],
        refutes: ["meter", "allFit && goesThrough"],
      },
      {
        name: "a collection leaves what it paid",
        edit: ["book.nodes[node].outstanding = 0;", ""],
        refutes: ["collectOfNode", CONSERVED],
      },
      {
        name: "the treasury gets the subnet's cut once more",
        edit: ["book.free[treasury][token] += toProtocol", "book.free[treasury][token] += toSubnet"],
        refutes: ["collectOfSubnet", CONSERVED],
      },
    ],
  },
  {
    harness: "LeaseBillingProof",
    library: "LeaseBilling",
    model: { record: "lease", functions: BILLING, total: BILLING },
    mutants: [
      {
        name: "the subnet's cut is rounded up",
        edit: ["subnetScaled / _CUT_SCALE", "(subnetScaled + _CUT_SCALE - 1) / _CUT_SCALE"],
        refutes: ["split", "shares.toSubnet * 10_000 + lease.subnetRest == amount * subnetCut + subnetRest"],
      },
      {
        name: "the protocol's cut is of the whole",
        edit: ["left * lease.protocolCutBps", "amount * lease.protocolCutBps"],
        refutes: ["split", "allFit && goesThrough"],
      },
      {
        name: "the node gets the whole of what the subnet leaves",
        edit: ["toNode: left - toProtocol", "toNode: left"],
        refutes: ["split", "shares.toNode + shares.toSubnet + shares.toProtocol == amount"],
      },
      {
        name: "the protocol's rest is below another unit",
        edit: ["protocolScaled % leftScale", "protocolScaled % _CUT_SCALE"],
        refutes: ["split", "lease.subnetRest < 10_000 && lease.protocolRest < leftScale"],
      },
      {
        name: "a balance lasts a second longer",
        edit: ["lease.settledAt + scaled / rate", "lease.settledAt + scaled / rate + 1"],
        refutes: ["advance", "paid <= lease.balance"],
      },
      {
        name: "a balance lasts as if the last fraction were paid",
        edit: [
          "uint256(lease.balance) * _RATE_SCALE - lease.scaledRemainder",
          "uint256(lease.balance) * _RATE_SCALE",
        ],
        refutes: ["advance", "_withinBalance(lease.balance - paid)"],
      },
      {
        name: "a settlement drops the fraction",
        edit: ["uint40(remainder)", "0"],
        refutes: [
          "advance",
          "paid * 1e12 + lease.scaledRemainder == lease.ratePerSecond * duration + remainder",
        ],
      },
      {
        name: "a settlement pays the future",
        edit: ["uint256 until = Math.min(nowAt, paidUntil(lease))", "uint256 until = paidUntil(lease)"],
        refutes: ["advance", "duration == 0 || lease.settledAt <= nowAt"],
      },
    ],
  },
];
