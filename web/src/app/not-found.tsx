import Link from "next/link";
import type { ReactElement } from "react";
import { buttonClass } from "../ui/button.tsx";

export default function NotFound(): ReactElement {
  return (
    <main className="mx-auto flex max-w-xl flex-col items-start gap-4 px-4 py-16">
      <h1 className="text-2xl font-semibold tracking-tight">There is no such page.</h1>
      <p className="text-muted">
        The address may be mistyped. A deployment has the address /deployment?lid=1.
      </p>
      <Link href="/" className={buttonClass("primary")}>
        Go to the overview
      </Link>
    </main>
  );
}
