//! By SMS: through the inbox that the ladder names, or the first of ours.

use std::sync::Arc;

use patchbay_core::channel::Channel;
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_normalizer::answer::{Action, Answer, Outcome};
use patchbay_normalizer::twilio;

use super::Told;
use crate::deps::Deps;
use crate::provider::{CallEnd, ProviderClient};

pub(super) async fn send(deps: &Deps, client: &ProviderClient, named: Option<InboxId>, to: &str, text: &str) -> Told {
    let Some(inbox) = inbox(deps, named) else { return Told::Never("no inbox of ours sends SMS") };
    let Provider::Twilio(number) = &inbox.provider else { return Told::Never("the inbox sends no SMS") };
    let sms = deps.config.sms;
    if !sms.enabled {
        return Told::Never("outbound SMS are switched off by the settings");
    }
    if sms.dry_run {
        return Told::Taken;
    }
    let outbound = twilio::Outbound {
        channel: Channel::Sms,
        from: &inbox.address,
        to,
        content: twilio::OutboundContent::Message { text, media_urls: &[] },
        status_callback: "",
    };
    let Ok(request) = twilio::render(&number.account_sid, &outbound) else {
        return Told::Never("no SMS can be made for this number");
    };
    match client.send(&inbox, request).await {
        CallEnd::NotSent => Told::Later("the provider could not be reached"),
        CallEnd::Lost(_) => Told::Unknown("the provider did not say whether it took the SMS"),
        CallEnd::Answer(answer) => {
            let answer = Answer { status: answer.status, body: &answer.body, retry_after: answer.retry_after };
            match twilio::classify(&answer) {
                Outcome::Accepted(_) => Told::Taken,
                Outcome::Refused(refusal) => match refusal.action {
                    Action::CheckThenRetry(_) => Told::Unknown("the provider failed, and may have taken the SMS"),
                    Action::Retry(_) | Action::Hold(_) => Told::Later("the provider does not take SMS now"),
                    _ => Told::Never("the provider refused the SMS"),
                },
            }
        }
    }
}

fn inbox(deps: &Deps, named: Option<InboxId>) -> Option<Arc<Inbox>> {
    let directory = deps.directory.load_full();
    let sends = |inbox: &&Arc<Inbox>| inbox.channel == Channel::Sms && matches!(inbox.provider, Provider::Twilio(_));
    let chosen = named.and_then(|id| directory.inboxes.get(&id)).filter(sends);
    chosen.or_else(|| directory.inboxes.values().find(sends)).cloned()
}
