"use client";

import { ArrowDownToLine, ArrowUpFromLine } from "lucide-react";
import { type ReactElement, useState } from "react";
import type { Address } from "viem";
import { useConfig } from "wagmi";
import { useNetwork } from "../../network/network-context.tsx";
import { Button } from "../../ui/button.tsx";
import { TextField } from "../../ui/text-field.tsx";
import { deposit, withdraw } from "./move-funds.ts";
import { type AmountResult, readAmount } from "./read-amount.ts";

interface FundsFormProps {
  readonly account: Address;
  readonly free: bigint | undefined;
  readonly onMoved: () => void;
}

/** Moves ether between the wallet and its escrow account. */
export function FundsForm({ account, free, onMoved }: FundsFormProps): ReactElement {
  const [text, setText] = useState("");
  const { problem, isBusy, move } = useMove(account, () => {
    setText("");
    onMoved();
  });
  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void move(deposit, readAmount(text));
      }}
    >
      <TextField
        label="Amount in ETH"
        inputMode="decimal"
        placeholder="0.05"
        autoComplete="off"
        value={text}
        error={problem}
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
      <div className="grid grid-cols-2 gap-2">
        <Button type="submit" look="primary" disabled={isBusy}>
          <ArrowDownToLine aria-hidden /> Deposit
        </Button>
        <Button
          disabled={isBusy || free === undefined || free === 0n}
          onClick={() => void move(withdraw, readAmount(text, free))}
        >
          <ArrowUpFromLine aria-hidden /> Withdraw
        </Button>
      </div>
    </form>
  );
}

interface Moving {
  readonly problem: string | undefined;
  readonly isBusy: boolean;
  readonly move: (action: typeof deposit, amount: AmountResult) => Promise<void>;
}

function useMove(account: Address, onMoved: () => void): Moving {
  const config = useConfig();
  const { contracts } = useNetwork();
  const [problem, setProblem] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const move: Moving["move"] = async (action, amount) => {
    setProblem(amount.ok ? undefined : amount.problem);
    if (!amount.ok) return;
    setBusy(true);
    const receipt = await action(config, { market: contracts.leaseMarket, account, amount: amount.wei });
    setBusy(false);
    if (receipt !== undefined) onMoved();
  };
  return { problem, isBusy, move };
}
