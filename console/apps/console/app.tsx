import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";
import { onSession, sessionState } from "../../lib/api/session";
import type { Me } from "../../lib/api/model";
import { WorkspaceContext } from "../../lib/realtime/hooks";
import { preferFor } from "../../lib/preferences";
import { Workspace } from "../../lib/realtime/workspace";
import { TipProvider } from "../../lib/ui/tip";
import { Toasts } from "../../lib/ui/toast";
import { forgetRemote } from "../../lib/ui/use-remote";
import { router } from "./router";
import { MeContext } from "./session/me";
import { SignIn } from "./session/sign-in";

export function App() {
  const session = useSyncExternalStore(onSession, sessionState);
  return (
    <TipProvider delayDuration={400} skipDelayDuration={150}>
      {session.kind === "signed_in" && <SignedIn key={session.me.user.id} me={session.me} />}
      {session.kind === "signed_out" && <SignIn reason={session.reason} />}
      <Toasts />
    </TipProvider>
  );
}

function SignedIn({ me }: { me: Me }) {
  const [workspace, setWorkspace] = useState<Workspace | null>(null);
  useEffect(() => {
    preferFor(me.user.id);
    const opened = new Workspace({ id: me.user.id, role: me.user.role });
    setWorkspace(opened);
    return () => {
      opened.dispose();
      forgetRemote();
    };
  }, [me.user.id, me.user.role]);
  if (workspace === null) return null;
  return (
    <MeContext value={me}>
      <WorkspaceContext value={workspace}>
        <RouterProvider router={router} />
      </WorkspaceContext>
    </MeContext>
  );
}
