import type { Metadata } from "next";
import type { ReactElement } from "react";
import { DeploymentsScreen } from "../../features/deployments/deployments-screen.tsx";

export const metadata: Metadata = { title: "Deployments" };

export default function Page(): ReactElement {
  return <DeploymentsScreen />;
}
