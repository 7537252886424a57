//! Calls: a phone rings one of our numbers, the customer says something, and hangs up. All of it comes in through the
//! signed webhooks of calls.

use std::time::Duration;

use super::{Said, Saying, send};
use crate::carrier;
use crate::config::TwilioNumber;
use crate::courier::{About, Callback, Key, Post};
use crate::faults::Provider;
use crate::payload::{CallParts, call_form};
use crate::world::Shared;

/// What webhooks of texts end with, where the webhooks of calls begin.
const TEXTS: &str = "/sms";
/// How fast people speak, for the length of the call.
const CHARS_PER_SECOND: usize = 14;

/// Calls the number and says the words. Answers the call's id.
pub(super) fn call(shared: &Shared, number: &TwilioNumber, saying: &Saying) -> String {
    let words = saying.text.clone().unwrap_or_default();
    let call = format!("CA{}", shared.world().hex(16));
    let base = number.webhook_url.strip_suffix(TEXTS).unwrap_or(&number.webhook_url);
    let parts = |status| CallParts {
        account_sid: &number.account_sid,
        call_sid: &call,
        to: &number.address,
        from: &saying.from,
        status,
    };
    let seconds = (2 + words.chars().count() / CHARS_PER_SECOND).to_string();
    let steps = [
        (format!("{base}/voice"), call_form(&parts("ringing"), &[])),
        (
            format!("{base}/voice/gather?turn=1"),
            call_form(
                &parts("in-progress"),
                &[("SpeechResult", &words), ("Confidence", "0.93"), ("Language", "en-US")],
            ),
        ),
        (
            format!("{base}/voice/status"),
            call_form(&parts("completed"), &[("CallDuration", &seconds), ("SequenceNumber", "0")]),
        ),
    ];
    let [begins, said, ends] = steps.map(|(url, form)| {
        let group = shared.world().hex(16);
        let auth_token = number.auth_token.clone();
        move |key| Post::Twilio {
            url: url.clone(),
            auth_token: auth_token.clone(),
            form: form.clone(),
            group: group.clone(),
            key,
        }
    });
    around(shared, number, saying, &format!("{call}:call"), begins);
    let turn = Said { provider: Provider::Twilio, id: &call, number: &number.address, owner: &number.account_sid };
    send(shared, &turn, saying, &[], said);
    around(shared, number, saying, &format!("{call}:ended"), ends);
    call
}

/// Plans the webhook of the beginning or the end: nothing of it shows on the phone.
fn around(shared: &Shared, number: &TwilioNumber, saying: &Saying, id: &str, post: impl Fn(Key) -> Post) {
    let (copies, key) = carrier::callback_faults(shared.world().faults.of_mut(Provider::Twilio));
    let callback = Callback {
        lane: format!("{}|{}|{}", Provider::Twilio, number.address, saying.from),
        message_id: id.to_owned(),
        about: About::Message,
        post: Some(post(key)),
        copies,
        attempts: 0,
    };
    shared.courier.plan(Duration::ZERO, callback);
}
