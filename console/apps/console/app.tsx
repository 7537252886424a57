import { RouterProvider } from "@tanstack/react-router";
import { useEffect, useState, useSyncExternalStore } from "react";
import { ApiError } from "../../lib/api/http";
import { onSession, refreshMe, sessionState } from "../../lib/api/session";
import type { Me } from "../../lib/api/model";
import { WorkspaceContext } from "../../lib/realtime/hooks";
import { preferFor } from "../../lib/preferences";
import { Workspace } from "../../lib/realtime/workspace";
import { TipProvider } from "../../lib/ui/tip";
import { Toasts } from "../../lib/ui/toast";
import { forgetRemote } from "../../lib/ui/use-remote";
import { router } from "./router";
import { MeContext } from "./session/me";
import { SignIn, SignInAgain } from "./session/sign-in";

export function App() {
  const session = useSyncExternalStore(onSession, sessionState);
  return (
    <TipProvider delayDuration={400} skipDelayDuration={150}>
      {(session.kind === "signed_in" || session.kind === "expired") && <SignedIn key={session.me.user.id} me={session.me} phase={session.kind} />}
      {session.kind === "signed_out" && <SignIn reason={session.reason} />}
      <Toasts />
    </TipProvider>
  );
}

function SignedIn({ me, phase }: { me: Me; phase: "signed_in" | "expired" }) {
  const [workspace, setWorkspace] = useState<Workspace | null>(null);
  useEffect(() => {
    preferFor(me.user.id);
    const opened = new Workspace({ id: me.user.id, role: me.user.role });
    setWorkspace(opened);
    const stop = opened.onFrame((frame) => {
      if (frame.event === "rights.changed") void refreshMe().catch(noFault);
    });
    return () => {
      stop();
      opened.dispose();
      forgetRemote();
    };
  }, [me.user.id, me.user.role]);
  useEffect(() => {
    if (phase === "signed_in") workspace?.comeBack();
  }, [workspace, phase]);
  // Other teams, another list: what is on the page is asked for anew.
  const teams = me.user.teams.map((team) => team.id).join(" ");
  useEffect(() => {
    forgetRemote();
    workspace?.askAnew();
  }, [workspace, teams]);
  if (workspace === null) return null;
  return (
    <MeContext value={me}>
      <WorkspaceContext value={workspace}>
        <RouterProvider router={router} />
        {phase === "expired" && <SignInAgain me={me} />}
      </WorkspaceContext>
    </MeContext>
  );
}

/** The next call that is refused says it. */
function noFault(error: unknown): void {
  if (!(error instanceof ApiError)) throw error;
}
