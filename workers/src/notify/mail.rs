//! By mail: from the first mailbox of ours that can send.

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::NotificationId;
use patchbay_core::inbox::Provider;
use patchbay_normalizer::email::compose::{self, Correspondent, Origin, Relay};

use super::Told;
use crate::deps::Deps;
use crate::mail::{MailEnd, Posted, RelayAddress, sign};
use crate::provider::ProviderClient;

/// What is to be said to whom.
pub(super) struct Letter<'a> {
    pub(super) id: NotificationId,
    pub(super) to: &'a str,
    pub(super) subject: &'a str,
    pub(super) text: &'a str,
}

pub(super) async fn post(deps: &Deps, client: &ProviderClient, ctx: &Ctx, letter: &Letter<'_>) -> Told {
    let directory = deps.directory.load_full();
    let found = directory.inboxes.values().find_map(|inbox| match &inbox.provider {
        Provider::Email(mailbox) => {
            RelayAddress::parse(mailbox.smtp_url.expose()).ok().map(|relay| (inbox, mailbox, relay))
        }
        _ => None,
    });
    let Some((inbox, mailbox, relay)) = found else { return Told::Never("no mailbox of ours can send") };
    let domain = inbox.address.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
    let message_id = format!("alert-{}@{}", letter.id.0.simple(), domain.to_ascii_lowercase());
    let composed = compose::compose(&compose::Letter {
        from: Correspondent { name: None, address: &inbox.address },
        to: Correspondent { name: None, address: letter.to },
        cc: &[],
        reply_to: None,
        subject: letter.subject,
        message_id: &message_id,
        in_reply_to: None,
        references: &[],
        text: letter.text,
        attachments: &[],
        origin: Origin::Automatic,
        unsubscribe: None,
        relay: if relay.is_postmark() { Relay::Postmark } else { Relay::Plain },
        date: ctx.now,
    });
    let Ok(mail) = composed else { return Told::Never("no mail can be made for this address") };
    let signed = match &mailbox.signer {
        Some(signer) => sign(signer, &mail),
        None => Ok(mail),
    };
    let Ok(bytes) = signed else { return Told::Later("the mailbox cannot sign") };
    let recipients = [letter.to.to_owned()];
    // Nobody wants to hear that it bounced.
    let posted = Posted { inbox: inbox.id, our_domain: domain, sender: "", recipients: &recipients, bytes: &bytes };
    match client.mail().post(&relay, &posted).await {
        MailEnd::Accepted => Told::Taken,
        MailEnd::NotSent => Told::Later("the mail server could not be reached"),
        MailEnd::Lost(_) => Told::Unknown("the mail server did not say whether it took the mail"),
        MailEnd::Refused { code, .. } if code >= 500 => Told::Never("the mail server refused the mail"),
        MailEnd::Refused { .. } => Told::Later("the mail server does not take mail now"),
    }
}
