//! Templates as the provider has them: read from there, and moved by what it says. Source: WhatsApp Business Platform,
//! message templates.

use std::collections::{BTreeMap, BTreeSet};

use patchbay_core::ctx::Ctx;
use patchbay_core::directory::Directory;
use patchbay_core::ids::{InboxId, TemplateId};
use patchbay_core::inbox::{Inbox, Provider};
use patchbay_core::item::{ContentType, EventItem};
use patchbay_core::template::{Shape, TemplateCategory, TemplateContent, TemplateStatus};
use patchbay_store::messages::MessageRow;
use patchbay_store::templates::{self, TemplateRow};
use patchbay_store::{StoreError, Tx};
use serde_json::Value;

/// A template as the provider describes it.
#[derive(Clone, Debug)]
pub struct Described {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// What it may be used for.
    pub category: TemplateCategory,
    /// Where it stands.
    pub status: TemplateStatus,
    /// The provider's id of it.
    pub provider_id: String,
    /// Header, text, footer and buttons.
    pub components: Value,
}

/// What a look at the provider's list changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Synced {
    /// Templates that were not known.
    pub new: usize,
    /// Templates that look or stand differently now.
    pub changed: usize,
    /// Templates that the provider does not have any more; they are out of use.
    pub gone: usize,
}

/// The provider's word for where a template stands. `None`: a word nobody knows yet; the template is left alone.
pub fn status_of(word: &str) -> Option<TemplateStatus> {
    Some(match word.to_ascii_uppercase().as_str() {
        "APPROVED" | "REINSTATED" => TemplateStatus::Approved,
        "PENDING" | "IN_APPEAL" | "RECEIVED" | "UNSUBMITTED" => TemplateStatus::Pending,
        "REJECTED" => TemplateStatus::Rejected,
        "PAUSED" | "FLAGGED" => TemplateStatus::Paused,
        "DISABLED" | "PENDING_DELETION" | "DELETED" | "LIMIT_EXCEEDED" | "ARCHIVED" => TemplateStatus::Disabled,
        _ => return None,
    })
}

/// Takes over the whole list of the provider of an inbox.
pub async fn take_over(tx: &mut Tx, ctx: &Ctx, inbox: InboxId, described: &[Described]) -> Result<Synced, StoreError> {
    let mut synced = Synced::default();
    let known = templates::of_inbox(tx, inbox).await?;
    let mut by_name: BTreeMap<(String, String), TemplateRow> =
        known.into_iter().map(|row| ((row.name.clone(), row.language.clone()), row)).collect();
    let mut seen = BTreeSet::new();
    for described in described {
        let Some(shape) = Shape::of(&described.components) else { continue };
        let key = (described.name.clone(), described.language.clone());
        if !seen.insert(key.clone()) {
            continue;
        }
        let param_count = i64::try_from(shape.placeholders.len()).unwrap_or(i64::MAX);
        let known = by_name.remove(&key);
        let (id, version, created_at) =
            known.as_ref().map_or((TemplateId::new(), 1, ctx.now), |row| (row.id, row.version, row.created_at));
        let row = TemplateRow {
            id,
            inbox_id: inbox,
            name: described.name.clone(),
            language: described.language.clone(),
            category: described.category,
            status: described.status,
            body: shape.body,
            param_count,
            provider_id: Some(described.provider_id.clone()),
            components: described.components.clone(),
            synced_at: Some(ctx.now),
            version,
            created_at,
            updated_at: ctx.now,
        };
        match known {
            None => {
                templates::insert(tx, &row).await?;
                synced.new += 1;
            }
            Some(known) => {
                synced.changed += usize::from(differs(&known, &row));
                templates::update(tx, &row).await?;
            }
        }
    }
    for row in by_name.into_values().filter(|row| row.synced_at.is_some() && row.status != TemplateStatus::Disabled) {
        let gone = TemplateRow { status: TemplateStatus::Disabled, updated_at: ctx.now, ..row };
        templates::update(tx, &gone).await?;
        synced.gone += 1;
    }
    Ok(synced)
}

fn differs(known: &TemplateRow, now: &TemplateRow) -> bool {
    (known.category, known.status, &known.provider_id, &known.components)
        != (now.category, now.status, &now.provider_id, &now.components)
}

/// A notice of the provider about one of its templates: the template moves, in every inbox of the same app.
pub(crate) async fn note(
    tx: &mut Tx,
    ctx: &Ctx,
    directory: &Directory,
    inbox: &Inbox,
    event: &EventItem,
) -> Result<(), StoreError> {
    if event.data.get("field").and_then(Value::as_str) != Some("message_template_status_update") {
        return Ok(());
    }
    let text = |key: &str| event.data.get("value").and_then(|value| value.get(key)).and_then(Value::as_str);
    let (Some(name), Some(status)) = (text("message_template_name"), text("event").and_then(status_of)) else {
        return Ok(());
    };
    let language = text("message_template_language");
    for neighbor in directory.inboxes.values().filter(|other| same_app(inbox, other)) {
        templates::set_status(tx, neighbor.id, name, language, status, ctx.now).await?;
    }
    Ok(())
}

fn same_app(one: &Inbox, other: &Inbox) -> bool {
    match (&one.provider, &other.provider) {
        (Provider::WhatsAppCloud(one), Provider::WhatsAppCloud(other)) => {
            one.app_secrets.iter().any(|secret| other.app_secrets.iter().any(|it| it.expose() == secret.expose()))
        }
        _ => one.id == other.id,
    }
}

/// A message failed because its template is paused or disabled: nobody need try it again until the provider says so.
/// Source: channels reference, error table.
pub(crate) async fn withhold(tx: &mut Tx, ctx: &Ctx, row: &MessageRow) -> Result<(), StoreError> {
    let code = row.error.as_ref().and_then(|error| error.get("code")).and_then(Value::as_str);
    let status = match code {
        Some("132015" | "63041") => TemplateStatus::Paused,
        Some("132016") => TemplateStatus::Disabled,
        _ => return Ok(()),
    };
    let content = row.content.pointer("/metadata/template").cloned();
    let content = content.and_then(|content| serde_json::from_value::<TemplateContent>(content).ok());
    if let Some(content) = content.filter(|_| row.content_type == ContentType::Template) {
        let language = Some(content.language.as_str());
        templates::set_status(tx, row.inbox_id, &content.name, language, status, ctx.now).await?;
    }
    Ok(())
}
