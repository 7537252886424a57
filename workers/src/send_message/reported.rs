//! A message that its provider took and reported failed later. The table of errors says what becomes of it, the same as
//! for a refusal in the answer.

use std::time::Duration;

use patchbay_core::ctx::Ctx;
use patchbay_core::inbox::Provider;
use patchbay_core::item::ErrorClass;
use patchbay_hub::delivery::{self, Burial, FailedTry, Outgoing, SendError, TriedAgain};
use patchbay_hub::inbox_health as health;
use patchbay_normalizer::answer::{Action, Alarm, Retry, Scope, rule_for};
use patchbay_normalizer::email::smtp;
use patchbay_normalizer::{twilio, whatsapp};
use patchbay_store::jobs::{self, ClaimedJob};

use super::finding::Finding;
use super::{NO_INBOX, OFFER_FILE_AGAIN, Sender, has_file, upload};
use crate::backoff;
use crate::deps::Deps;
use crate::runner::Causes;
use crate::work::{Verdict, WorkError};

/// The longest wait before a provider is asked again whether an operator has acted.
const LONGEST_HOLD: Duration = Duration::from_hours(1);
/// How long to leave alone whoever still waits for the answer of the failed try.
const STILL_UNDER_WAY: Duration = Duration::from_secs(1);

pub(crate) async fn run(deps: &Deps, ctx: &Ctx, job: &ClaimedJob) -> Result<Verdict, WorkError> {
    let failed: FailedTry = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let found = delivery::outgoing(&mut deps.db.read().await?, failed.message_id).await?;
    let Some(outgoing) = found else { return Ok(Verdict::Done) };
    let Some(error) = failed.error(&outgoing.message) else { return Ok(Verdict::Done) };
    let Some(inbox) = deps.directory.load().inboxes.get(&outgoing.message.inbox_id).cloned() else {
        return Ok(Verdict::Later(ctx.now + NO_INBOX));
    };
    let sender = Sender { deps, ctx, job, inbox };
    let finding = sender.judge(&outgoing, error).await;
    sender.settle(&failed, &finding).await
}

impl Sender<'_> {
    async fn judge(&self, outgoing: &Outgoing, error: SendError) -> Finding {
        let (action, alarm) = self.rule(&error.code);
        self.alarm(alarm, &error);
        match action {
            // It certainly did not arrive: there is nothing to look for first.
            Action::Retry(plan) | Action::CheckThenRetry(plan) => self.after(outgoing, error, &plan).await,
            Action::UploadAgain => {
                // A copy that cannot be forgotten now is forgotten with the next failure.
                if let Err(error) = upload::forget(self.deps, &self.inbox, outgoing).await {
                    tracing::warn!(error = %Causes(&error), "the provider's copies of files could not be forgotten");
                }
                self.after(outgoing, error, &OFFER_FILE_AGAIN).await
            }
            // The provider takes what it refuses later, so each try costs: whoever does not act is asked more and more
            // rarely. The queue is kept.
            Action::Hold(scope) => {
                self.after(outgoing, error, &Retry::of(scope, self.deps.config.hold_seconds, 2, u32::MAX)).await
            }
            Action::FallBackToLink if has_file(outgoing) => Finding::AsLink(error),
            Action::OfferTemplate
            | Action::Suppress(_)
            | Action::FlagAddress
            | Action::FallBackToLink
            | Action::Fail => Finding::Failed(error, Burial::None),
        }
    }

    /// Another try by `plan`, or the end when its tries are used up.
    async fn after(&self, outgoing: &Outgoing, error: SendError, plan: &Retry) -> Finding {
        // A template that is paused or disabled: waiting mends nothing.
        if plan.scope == Scope::Template {
            return Finding::Failed(error, Burial::DeadLetter);
        }
        let failed = u32::try_from(outgoing.reported_before(error.class) + 1).unwrap_or(u32::MAX);
        // A handset that is off, or a carrier without room, is so for a while: the wait is kept nearly in full.
        let wait = plan.wait(failed, 0.9 + backoff::jitter() / 10.0);
        let wait = wait.map(|wait| if error.class == ErrorClass::Config { wait.min(LONGEST_HOLD) } else { wait });
        self.put_off(outgoing, error, plan.scope, wait).await
    }

    fn rule(&self, code: &str) -> (Action, Alarm) {
        let table = match self.inbox.provider {
            Provider::Twilio(_) => twilio::TABLE,
            Provider::WhatsAppCloud(_) => whatsapp::TABLE,
            Provider::Email(_) => return smtp::reported(code),
            Provider::Chat(_) | Provider::Unserved => return (Action::Fail, Alarm::None),
        };
        let rule = rule_for(table, code);
        (rule.action, rule.alarm)
    }

    async fn settle(&self, failed: &FailedTry, finding: &Finding) -> Result<Verdict, WorkError> {
        let ctx = &self.later();
        let directory = self.deps.directory.load_full();
        let mut tx = self.deps.db.begin().await?;
        let tried = match finding {
            Finding::Postponed(_, wait, _) => failed.try_again(&mut tx, ctx, &directory, ctx.now + *wait).await?,
            Finding::AsLink(_) => {
                delivery::as_link(&mut tx, failed.message_id).await?;
                failed.try_again(&mut tx, ctx, &directory, ctx.now).await?
            }
            Finding::Failed(_, Burial::DeadLetter) => {
                failed.give_up(&mut tx, ctx).await?;
                TriedAgain::Over
            }
            Finding::Accepted(_) | Finding::Failed(_, Burial::None) | Finding::Lost(_) => TriedAgain::Over,
        };
        if tried == TriedAgain::StillUnderWay {
            return Ok(Verdict::Later(ctx.now + STILL_UNDER_WAY));
        }
        if let Some(signal) = finding.signal() {
            health::note(&mut tx, ctx, &directory, self.inbox.id, signal).await?;
        }
        jobs::complete(&mut tx, self.job).await?;
        tx.commit().await?;
        metrics::counter!("reported_failures_total", "channel" => self.inbox.channel.as_str(),
            "outcome" => finding.word())
        .increment(1);
        Ok(Verdict::Settled)
    }
}
