//! Hands a message to its provider: checks again, waits for its turn, writes the attempt, commits, calls, and writes down
//! what the answer means. Between the commit and the answer nobody knows; a crash there is found by the next run, which
//! asks around instead of sending again.

mod by_mail;
mod finding;
mod pace;
pub(crate) mod render;
pub(crate) mod reported;
mod to_visitor;
mod upload;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use patchbay_core::channel::Channel;
use patchbay_core::ctx::Ctx;
use patchbay_core::delivery::DeliveryStatus;
use patchbay_core::ids::{AttemptId, MessageId};
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::item::ErrorClass;
use patchbay_core::job::JobKind;
use patchbay_hub::delivery::{self, Begun, Burial, Outgoing, SendError};
use patchbay_hub::inbox_health as health;
use patchbay_normalizer::answer::{Action, Alarm, Answer, Outcome, Refusal, Retry, Scope};
use patchbay_normalizer::{twilio, whatsapp};
use patchbay_store::jobs::{self, ClaimedJob};
use patchbay_store::{StoreError, Tx, attempts, inbox_health};
use serde::{Deserialize, Serialize};

use crate::backoff;
use crate::deps::Deps;
use crate::provider::{CallEnd, ProviderAnswer, ProviderClient};
use crate::runner::Causes;
use crate::work::{Verdict, WorkError};
use finding::{Acceptance, Finding, Proof, Whose};

/// What a job of this kind carries; the same for [`crate::reconcile_message`].
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct SendPayload {
    pub(crate) message_id: MessageId,
    /// How often whoever asks around came too late to believe silence.
    #[serde(default, skip_serializing_if = "is_never")]
    pub(crate) late: u8,
}

impl SendPayload {
    pub(crate) fn of(message_id: MessageId) -> Self {
        Self { message_id, late: 0 }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_never(times: &u8) -> bool {
    *times == 0
}

/// How long to leave a contact alone while another message to it is on its way.
const CONTACT_BUSY: Duration = Duration::from_millis(250);
/// How long to wait before looking again whether an inbox is still paused.
const PAUSED: Duration = Duration::from_secs(15);
/// How long to wait for an inbox that is not there (deactivated, or its secret is missing).
const NO_INBOX: Duration = Duration::from_mins(1);
/// Nothing left for the provider.
const NOT_CONNECTED: &str = "NOT_CONNECTED";
/// Whoever made an attempt is gone.
const INTERRUPTED: &str = "interrupted";
/// A file that the provider could not fetch is offered twice again. Source: channels reference, code 131053.
const OFFER_FILE_AGAIN: Retry = Retry::of(Scope::Message, 30, 2, 3);

pub(crate) async fn run(
    deps: &Deps,
    client: &ProviderClient,
    ctx: &Ctx,
    job: &ClaimedJob,
) -> Result<Verdict, WorkError> {
    let payload: SendPayload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let id = payload.message_id;
    let mut tx = deps.db.read().await?;
    let found = delivery::outgoing(&mut tx, id).await?;
    let Some(outgoing) = found else { return Ok(Verdict::Done) };
    if inbox_health::is_paused(&mut tx, outgoing.message.inbox_id).await? {
        return Ok(Verdict::Later(ctx.now + PAUSED));
    }
    // Looked at before the turn: whoever would have to come back must not use up what others could send meanwhile.
    if attempts::is_busy(&mut tx, outgoing.conversation.contact_id, id).await? {
        return Ok(Verdict::Later(ctx.now + CONTACT_BUSY));
    }
    drop(tx);
    let Some(inbox) = deps.directory.load().inboxes.get(&outgoing.message.inbox_id).cloned() else {
        return Ok(Verdict::Later(ctx.now + NO_INBOX));
    };
    let sender = Sender { deps, ctx, job, inbox };
    if let Provider::Chat(_) = &sender.inbox.provider {
        return sender.hand_to_visitor(id).await;
    }
    if let Provider::Email(mailbox) = &sender.inbox.provider {
        return Box::pin(sender.mail(client.mail(), mailbox, &outgoing)).await;
    }
    let copies = match outgoing.message.status {
        DeliveryStatus::Pending => upload::copies(deps, client, ctx, &sender.inbox, &outgoing).await?,
        _ => BTreeMap::new(),
    };
    let addresses = render::Addresses { public_url: &deps.public_url, media_link: &deps.media_link, copies: &copies };
    let request = match render::render(&sender.inbox, &outgoing, &addresses) {
        Ok(request) => request,
        Err(error) => {
            let error = SendError::ours("NOT_SENDABLE", ErrorClass::Permanent, &error.to_string());
            return sender.note(id, None, &Finding::Failed(error, Burial::None)).await;
        }
    };
    let wait = pace::turn(&*deps.limits, &deps.config, &sender.inbox, &outgoing).await;
    if !wait.is_zero() {
        return Ok(Verdict::Later(ctx.now + wait));
    }
    let (outgoing, attempt) = match sender.begin(id).await? {
        Started::Attempt(outgoing, attempt) => (outgoing, attempt),
        Started::Ended(verdict) => return Ok(verdict),
    };
    if let Some(finding) = sender.without_the_provider(id) {
        return sender.count_and_note(id, attempt, &finding).await;
    }
    let end = client.send(&sender.inbox, request).await;
    sender.finish(&outgoing, attempt, end).await
}

struct Sender<'a> {
    deps: &'a Deps,
    ctx: &'a Ctx,
    job: &'a ClaimedJob,
    inbox: Arc<Inbox>,
}

enum Started {
    Attempt(Box<Outgoing>, AttemptId),
    Ended(Verdict),
}

impl Sender<'_> {
    /// The time when an answer is written down: later than the job began.
    fn later(&self) -> Ctx {
        Ctx { now: self.deps.clock.now(), ..self.ctx.clone() }
    }

    async fn begin(&self, id: MessageId) -> Result<Started, WorkError> {
        let directory = self.deps.directory.load_full();
        let ctx = &self.later();
        let mut tx = self.deps.db.begin().await?;
        match delivery::begin(&mut tx, ctx, &directory, id).await? {
            Begun::Attempt(outgoing, attempt) => {
                tx.commit().await?;
                return Ok(Started::Attempt(outgoing, attempt));
            }
            Begun::ContactBusy => return Ok(Started::Ended(Verdict::Later(ctx.now + CONTACT_BUSY))),
            Begun::Over => return Ok(Started::Ended(Verdict::Done)),
            Begun::Refused(error) => {
                self.note_in(&mut tx, ctx, id, None, &Finding::Failed(error, Burial::None)).await?;
            }
            Begun::Interrupted(attempt) => {
                tracing::warn!(message.id = %id, "the sender of message {id} is gone; asking around");
                self.note_in(&mut tx, ctx, id, Some(attempt), &Finding::Lost(INTERRUPTED.into())).await?;
            }
        }
        tx.commit().await?;
        Ok(Started::Ended(Verdict::Settled))
    }

    async fn finish(&self, outgoing: &Outgoing, attempt: AttemptId, end: CallEnd) -> Result<Verdict, WorkError> {
        let finding = match end {
            CallEnd::NotSent => {
                let error = SendError::ours(NOT_CONNECTED, ErrorClass::Retryable, "the provider could not be reached");
                self.again(outgoing, error, &Retry::BACKOFF, None).await
            }
            CallEnd::Lost(how) => Finding::Lost(how.into()),
            CallEnd::Answer(answer) => match self.classify(&answer) {
                Outcome::Accepted(accepted) => {
                    self.count_latency(outgoing);
                    Finding::Accepted(Acceptance { proves: Proof::of(outgoing), ..Acceptance::from(accepted) })
                }
                Outcome::Refused(refusal) => self.refused(outgoing, refusal).await,
            },
        };
        self.count_and_note(outgoing.message.id, attempt, &finding).await
    }

    /// What becomes of an SMS that an operator keeps from the provider; `None`: it is sent.
    fn without_the_provider(&self, id: MessageId) -> Option<Finding> {
        let sms = self.deps.config.sms;
        match self.inbox.channel {
            Channel::Sms if !sms.enabled => {
                let problem = "outbound SMS are switched off by the settings";
                let error = SendError::ours("SMS_DISABLED", ErrorClass::Permanent, problem);
                Some(Finding::Failed(error, Burial::None))
            }
            Channel::Sms if sms.dry_run => Some(Finding::Accepted(Acceptance::of(format!("dry-run-{id}")))),
            _ => None,
        }
    }

    fn count_latency(&self, outgoing: &Outgoing) {
        let took = (self.deps.clock.now() - outgoing.message.created_at).to_std().unwrap_or_default();
        metrics::histogram!("send_latency_seconds", "channel" => self.inbox.channel.as_str())
            .record(took.as_secs_f64());
    }

    async fn count_and_note(&self, id: MessageId, attempt: AttemptId, finding: &Finding) -> Result<Verdict, WorkError> {
        metrics::counter!("send_attempts_total", "channel" => self.inbox.channel.as_str(), "outcome" => finding.word())
            .increment(1);
        self.note(id, Some(attempt), finding).await
    }

    fn classify(&self, answer: &ProviderAnswer) -> Outcome {
        let answer = Answer { status: answer.status, body: &answer.body, retry_after: answer.retry_after };
        match self.inbox.provider {
            Provider::WhatsAppCloud(_) | Provider::Email(_) | Provider::Chat(_) | Provider::Unserved => {
                whatsapp::classify(&answer)
            }
            Provider::Twilio(_) => twilio::classify(&answer),
        }
    }

    /// What a refusal means by the table of its code.
    async fn refused(&self, outgoing: &Outgoing, refusal: Refusal) -> Finding {
        let error = SendError::from(&refusal.error);
        self.alarm(refusal.alarm, &error);
        match refusal.action {
            Action::Retry(plan) => self.again(outgoing, error, &plan, refusal.retry_after).await,
            Action::UploadAgain => {
                // A copy that cannot be forgotten now is forgotten with the next refusal.
                if let Err(error) = upload::forget(self.deps, &self.inbox, outgoing).await {
                    tracing::warn!(error = %Causes(&error), "the provider's copies of files could not be forgotten");
                }
                self.again(outgoing, error, &OFFER_FILE_AGAIN, None).await
            }
            Action::CheckThenRetry(_) => Finding::Lost(error.code),
            Action::Hold(scope) => match pace::scope(&self.inbox, outgoing, scope) {
                Some(scope) => {
                    let hold = Duration::from_secs(self.deps.config.hold_seconds);
                    self.deps.limits.hold(&scope, hold).await;
                    Finding::Postponed(error, hold, Whose::Inbox)
                }
                // A template that is paused or disabled: everything else may go on.
                None => Finding::Failed(error, Burial::DeadLetter),
            },
            Action::OfferTemplate | Action::Suppress(_) => Finding::Failed(error, Burial::None),
            Action::FallBackToLink if has_file(outgoing) => Finding::AsLink(error),
            Action::FlagAddress | Action::FallBackToLink | Action::Fail => Finding::Failed(error, Burial::DeadLetter),
        }
    }

    fn alarm(&self, alarm: Alarm, error: &SendError) {
        if alarm == Alarm::Operator {
            tracing::error!(inbox.id = %self.inbox.id, error.code = %error.code, error.class = %error.class,
                "inbox {} needs an operator: the provider refuses with {}", self.inbox.name, error.code);
        }
    }

    /// Another try by `plan`, or the end when its tries are used up.
    async fn again(
        &self,
        outgoing: &Outgoing,
        error: SendError,
        plan: &Retry,
        retry_after: Option<Duration>,
    ) -> Finding {
        let failed = u32::try_from(outgoing.failed_tries() + 1).unwrap_or(u32::MAX);
        // A mail server's patience is counted in quarters of an hour: coming back at once would only annoy it.
        let jitter = match self.inbox.channel {
            Channel::Email => 0.9 + backoff::jitter() / 10.0,
            _ => backoff::jitter(),
        };
        let wait = plan.wait(failed, jitter).map(|wait| wait.max(retry_after.unwrap_or_default()));
        self.put_off(outgoing, error, plan.scope, wait).await
    }

    /// Another try after `wait`, and nothing of `scope` before; or the end when there is none left.
    async fn put_off(&self, outgoing: &Outgoing, error: SendError, scope: Scope, wait: Option<Duration>) -> Finding {
        let Some(wait) = wait else {
            return Finding::Failed(error, Burial::DeadLetter);
        };
        let whose = match scope {
            Scope::Sender | Scope::Account | Scope::BusinessInitiated => Whose::Inbox,
            _ if error.code == NOT_CONNECTED => Whose::Inbox,
            Scope::Message | Scope::Recipient | Scope::Template => Whose::Message,
        };
        if let Some(scope) = pace::scope(&self.inbox, outgoing, scope) {
            self.deps.limits.hold(&scope, wait).await;
        }
        Finding::Postponed(error, wait, whose)
    }

    /// Writes down what a call brought. It was made already, so the database being away for a moment is waited out for
    /// half the lease; beyond that the open attempt tells the next run.
    async fn note(&self, id: MessageId, attempt: Option<AttemptId>, finding: &Finding) -> Result<Verdict, WorkError> {
        let patience = self.deps.config.lease() / 2;
        let since = tokio::time::Instant::now();
        loop {
            match self.note_once(id, attempt, finding).await {
                Ok(()) => return Ok(Verdict::Settled),
                Err(error) if error.is_unavailable() && since.elapsed() < patience => {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn note_once(&self, id: MessageId, attempt: Option<AttemptId>, finding: &Finding) -> Result<(), StoreError> {
        let ctx = &self.later();
        let mut tx = self.deps.db.begin().await?;
        self.note_in(&mut tx, ctx, id, attempt, finding).await?;
        tx.commit().await
    }

    /// What the message learned stands even when the lease was lost: an accepted message is accepted whoever holds the
    /// job now, and finds nothing left to do.
    async fn note_in(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        id: MessageId,
        attempt: Option<AttemptId>,
        finding: &Finding,
    ) -> Result<(), StoreError> {
        let directory = self.deps.directory.load_full();
        if let Some(signal) = finding.signal().filter(|_| attempt.is_some()) {
            health::note(tx, ctx, &directory, self.inbox.id, signal).await?;
        }
        match (finding, attempt) {
            (Finding::Accepted(Acceptance { key, provider_status, addresses, .. }), attempt) => {
                delivery::learn(tx, ctx, id, provider_status.as_deref(), addresses).await?;
                delivery::accept(tx, ctx, &directory, (id, self.inbox.id), attempt, key).await?;
                jobs::complete(tx, self.job).await?;
            }
            (Finding::Failed(error, burial), attempt) => {
                delivery::fail(tx, ctx, &directory, id, attempt, (error, *burial)).await?;
                jobs::complete(tx, self.job).await?;
            }
            (Finding::Postponed(error, wait, _), Some(attempt)) => {
                delivery::postpone(tx, ctx, &directory, id, attempt, error).await?;
                jobs::defer(tx, self.job, ctx.now + *wait).await?;
            }
            (Finding::AsLink(error), Some(attempt)) => {
                delivery::as_link(tx, id).await?;
                delivery::postpone(tx, ctx, &directory, id, attempt, error).await?;
                jobs::defer(tx, self.job, ctx.now).await?;
            }
            (Finding::Lost(how), Some(attempt)) => {
                // Nobody knows what became of it: this job becomes the one that finds out, in its place of the lane.
                let status = delivery::interrupted(tx, ctx, &directory, id, attempt, how).await?;
                let run_at = match status {
                    DeliveryStatus::Unknown => ctx.now + self.deps.config.reconcile_after(),
                    // A report came before the answer was missed.
                    _ => ctx.now,
                };
                let payload = self.job.payload.clone();
                jobs::become_kind(tx, self.job, JobKind::ReconcileMessage, payload, run_at).await?;
            }
            (Finding::Postponed(..) | Finding::AsLink(_) | Finding::Lost(_), None) => {}
        }
        Ok(())
    }
}

/// Whether a message has a file that a link could stand for.
fn has_file(outgoing: &Outgoing) -> bool {
    !delivery::is_link(&outgoing.message) && render::media_ids(&outgoing.message.content).next().is_some()
}
