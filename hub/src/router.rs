//! Every endpoint of the hub.

use crate::state::Hub;
use crate::{
    administration, alerts, audit_log, auth, automations, catalog, consent, contacts, conversations, files,
    inbox_health, internal_chat, mail_pages, performers, places, recovery, replies, reports, retention, service_levels,
    ticket_link, triage, unsubscribe, webhooks,
};
use patchbay_http::OpenApiRouter;

/// Every endpoint of the hub.
pub fn router() -> OpenApiRouter<Hub> {
    OpenApiRouter::new()
        .merge(auth::router())
        .merge(administration::router())
        .merge(conversations::router())
        .merge(replies::router())
        .merge(contacts::router())
        .merge(consent::router())
        .merge(unsubscribe::router())
        .merge(inbox_health::router())
        .merge(files::router())
        .merge(mail_pages::router())
        .merge(places::router())
        .merge(catalog::router())
        .merge(performers::router())
        .merge(ticket_link::router())
        .merge(triage::router())
        .merge(service_levels::router())
        .merge(recovery::router())
        .merge(reports::router())
        .merge(webhooks::router())
        .merge(alerts::router())
        .merge(audit_log::router())
        .merge(automations::router())
        .merge(internal_chat::router())
        .merge(retention::router())
}
