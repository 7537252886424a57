//! Which worker does which job.

use futures::FutureExt as _;
use futures::future::BoxFuture;
use patchbay_core::ctx::Ctx;
use patchbay_core::item::ErrorClass;
use patchbay_core::job::JobKind;
use patchbay_core::media::MediaFailure;
use patchbay_hub::delivery::{self, Burial, SendError};
use patchbay_hub::received_files;
use patchbay_store::attempts;
use patchbay_store::jobs::ClaimedJob;
use patchbay_store::{StoreError, Tx};

use crate::deps::Deps;
use crate::fetch_media::FetchPayload;
use crate::hearing::Hearing;
use crate::provider::ProviderClient;
use crate::send_message::SendPayload;
use crate::work::{Verdict, Work, WorkError};
use crate::{
    alert_timer, ask_requester, close_idle, end_snooze, fetch_media, import_contacts, notify, open_ticket,
    reconcile_message, retain, run_repair, send_message, show_read, sign_heads, sla_recompute, sla_timer, sweep,
    sync_templates, ticket_sla_timer, tidy_contact, triage, watch_alerts, watch_queues,
};

/// How long a job waits whose kind only a newer release knows.
const NOT_OURS: std::time::Duration = std::time::Duration::from_mins(1);

/// Does the jobs of this release.
#[derive(Debug)]
pub(crate) struct Desk {
    pub(crate) deps: Deps,
    pub(crate) client: ProviderClient,
    pub(crate) hearing: Hearing,
}

impl Desk {
    async fn run_kind(&self, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
        let Ok(kind) = job.kind.parse::<JobKind>() else {
            return Ok(Verdict::Later(ctx.now + NOT_OURS));
        };
        match kind {
            JobKind::SendMessage => send_message::run(&self.deps, &self.client, ctx, job).await,
            JobKind::ReconcileMessage => {
                reconcile_message::run(&self.deps, &self.client, &self.hearing, ctx, job).await
            }
            JobKind::JudgeFailure => send_message::reported::run(&self.deps, ctx, job).await,
            JobKind::EndSnooze => end_snooze::run(&self.deps, ctx, job).await,
            JobKind::FetchMedia => fetch_media::run(&self.deps, &self.client, ctx, job).await,
            JobKind::TidyContact => tidy_contact::run(&self.deps, ctx, job).await,
            JobKind::ImportContacts => import_contacts::run(&self.deps, ctx, job).await,
            JobKind::RunRepair => run_repair::run(&self.deps, ctx, job).await,
            JobKind::ShowRead => show_read::run(&self.deps, &self.client, ctx, job).await,
            JobKind::SyncTemplates => sync_templates::run(&self.deps, &self.client, ctx, job).await,
            JobKind::Sweep => sweep::run(&self.deps, ctx, job).await,
            JobKind::Triage => Box::pin(triage::run(&self.deps, &self.client, ctx, job)).await,
            JobKind::OpenTicket => open_ticket::run(&self.deps, ctx, job).await,
            JobKind::SlaTimer => sla_timer::run(&self.deps, ctx, job).await,
            JobKind::TicketSlaTimer => ticket_sla_timer::run(&self.deps, ctx, job).await,
            JobKind::SlaRecompute => sla_recompute::run(&self.deps, ctx, job).await,
            JobKind::WatchQueues => watch_queues::run(&self.deps, ctx, job).await,
            JobKind::AlertTimer => alert_timer::run(&self.deps, ctx, job).await,
            JobKind::Notify => Box::pin(notify::run(&self.deps, &self.client, ctx, job)).await,
            JobKind::NotifyDigest => Box::pin(notify::run_digest(&self.deps, &self.client, ctx, job)).await,
            JobKind::WatchAlerts => watch_alerts::run(&self.deps, ctx, job).await,
            JobKind::CloseIdle => close_idle::run(&self.deps, ctx, job).await,
            JobKind::SignHeads => sign_heads::run(&self.deps, ctx, job).await,
            JobKind::BeginRetention => retain::begin(&self.deps, ctx, job).await,
            JobKind::Retain => Box::pin(retain::run(&self.deps, ctx, job)).await,
            JobKind::AskRequester => ask_requester::run(&self.deps, ctx, job).await,
            // The relay looks for itself; a job only says that there is something.
            JobKind::RelayOutbox => Ok(Verdict::Done),
        }
    }
}

impl Desk {
    async fn give_up_kind(&self, tx: &mut Tx, ctx: &Ctx, job: &ClaimedJob) -> Result<bool, StoreError> {
        match job.kind.parse() {
            Ok(JobKind::SendMessage | JobKind::ReconcileMessage) => self.give_up_message(tx, ctx, job).await,
            Ok(JobKind::FetchMedia) => {
                if let Ok(payload) = serde_json::from_value::<FetchPayload>(job.payload.clone()) {
                    let directory = self.deps.directory.load_full();
                    received_files::lost(tx, ctx, &directory, payload.media_id, MediaFailure::Unavailable).await?;
                }
                Ok(false)
            }
            Ok(JobKind::Retain) => {
                retain::give_up(tx, ctx, job).await?;
                Ok(false)
            }
            Ok(JobKind::Notify) => {
                notify::give_up(tx, ctx, job).await?;
                Ok(false)
            }
            _ => Ok(false),
        }
    }

    /// The agent learns that the message did not go out, and the message leaves a dead letter of its own.
    async fn give_up_message(&self, tx: &mut Tx, ctx: &Ctx, job: &ClaimedJob) -> Result<bool, StoreError> {
        let Ok(payload) = serde_json::from_value::<SendPayload>(job.payload.clone()) else { return Ok(false) };
        let error =
            SendError::ours("GIVEN_UP", ErrorClass::Permanent, "the message could not be handed over; see the log");
        let attempts = attempts::of_message(tx, payload.message_id).await?;
        let open = attempts.iter().find(|attempt| attempt.finished_at.is_none()).map(|attempt| attempt.id);
        let directory = self.deps.directory.load_full();
        let letter =
            delivery::fail(tx, ctx, &directory, payload.message_id, open, (&error, Burial::DeadLetter)).await?;
        Ok(letter.is_some())
    }
}

impl Work for Desk {
    fn store_was_away(&self) {
        self.hearing.begin_anew(self.deps.clock.now());
    }

    fn run<'a>(&'a self, ctx: &'a Ctx, job: &'a ClaimedJob) -> BoxFuture<'a, Result<Verdict, WorkError>> {
        self.run_kind(ctx, job).boxed()
    }

    fn give_up<'a>(
        &'a self,
        tx: &'a mut Tx,
        ctx: &'a Ctx,
        job: &'a ClaimedJob,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.give_up_kind(tx, ctx, job).boxed()
    }
}
