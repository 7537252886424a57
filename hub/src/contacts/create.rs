//! A new contact, by hand.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use patchbay_core::Code;
use patchbay_core::channel::Channel;
use patchbay_core::ctx::Ctx;
use patchbay_core::event::EventName;
use patchbay_core::ids::{AccountId, ContactId};
use patchbay_http::{ApiError, Caller};
use patchbay_store::contacts::{self, NewContact, NewIdentity};
use patchbay_store::{Tx, accounts};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{ContactBody, body, find};
use super::tell::tell_contact;
use super::write::{check_metadata, require_lead_for_rights};
use crate::conversations::require_worker;
use crate::error::HubError;
use crate::resource::text;
use crate::resource::{Begun, Stamped, Write, record};
use crate::state::Hub;

/// Most addresses that a contact is made with.
const MOST_IDENTITIES: usize = 20;

/// A contact to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewContactBody {
    /// Name to show; 1 to 200 characters. `name` is another name for it.
    #[serde(alias = "name")]
    display_name: String,
    /// Account it belongs to.
    account_id: Option<Uuid>,
    /// Preferred language.
    locale: Option<String>,
    /// Time zone.
    timezone: Option<String>,
    /// Addresses it is known to have.
    #[serde(default)]
    identities: Vec<NewIdentityBody>,
    /// A telephone number, E.164: short for an SMS address.
    phone: Option<String>,
    /// An e-mail address: short for one.
    email: Option<String>,
    /// May ask for work.
    #[serde(default)]
    is_authorized_requester: bool,
    /// May approve costs.
    #[serde(default)]
    is_authorized_approver: bool,
    /// May let somebody in.
    #[serde(default)]
    can_grant_access: bool,
    /// Whom to ask first when something escalates: low numbers first.
    escalation_level: Option<i64>,
    /// Further facts.
    #[schema(value_type = Object)]
    #[serde(default)]
    metadata: Map<String, Value>,
}

/// An address.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewIdentityBody {
    /// `whatsapp`, `sms`, `email`, `chat` or `voice`.
    #[schema(value_type = String)]
    pub(super) channel: Channel,
    /// The address; numbers with their country code.
    pub(super) address: String,
}

/// An address as we keep it. Error: 400 `INVALID_REQUEST`.
pub(super) fn canonical(path: &str, channel: Channel, address: &str) -> Result<String, ApiError> {
    let given = Some(address.to_owned());
    let missing = || ApiError::invalid(path, "must not be empty");
    match channel {
        Channel::Sms | Channel::Whatsapp | Channel::Voice => text::optional_e164(path, given)?.ok_or_else(missing),
        Channel::Email => text::optional_email(path, given)?.map(|email| email.to_lowercase()).ok_or_else(missing),
        Channel::Chat => {
            let address = text::line(path, address)?;
            let is_known = ["user:", "visitor:"].iter().any(|kind| address.starts_with(kind));
            if is_known { Ok(address) } else { Err(ApiError::invalid(path, "must begin with user: or visitor:")) }
        }
    }
}

/// Somebody else has the address.
pub(super) fn taken(contact: ContactId) -> ApiError {
    ApiError::new(Code::AlreadyExists, "another contact has this address").because("contact_id", contact.to_string())
}

/// Gives an address to a contact. `false`: it has it already. Error: 409 `ALREADY_EXISTS` with the owner.
pub(super) async fn give(
    tx: &mut Tx,
    ctx: &Ctx,
    contact: ContactId,
    channel: Channel,
    address: &str,
    linked_by: &'static str,
) -> Result<bool, HubError> {
    match contacts::known_addresses(tx, &[(channel, address)]).await?.first() {
        Some(known) if known.contact_id == contact => Ok(false),
        Some(known) => Err(taken(known.contact_id).into()),
        None => {
            let identity = NewIdentity { contact_id: contact, channel, address: address.to_owned(), linked_by };
            contacts::insert_identities(tx, &[identity], ctx.now).await?;
            Ok(true)
        }
    }
}

/// An account of the caller's that exists. Error: 400 `INVALID_REQUEST`.
pub(super) async fn check_account(tx: &mut Tx, account: AccountId) -> Result<(), HubError> {
    match accounts::by_id(tx, account).await? {
        Some(_) => Ok(()),
        None => Err(ApiError::invalid("account_id", "there is no such account").into()),
    }
}

/// Makes a contact. Errors: 409 `ALREADY_EXISTS` with the contact that has one of the addresses.
#[utoipa::path(post, path = "/api/v1/contacts", tag = "contacts",
    params(("Idempotency-Key" = Option<String>, Header, description = "A UUID that names the one request.")),
    request_body = NewContactBody,
    responses((status = 201, body = ContactBody), (status = 400, description = "INVALID_REQUEST"),
              (status = 401, description = "AUTH_REQUIRED"), (status = 403, description = "FORBIDDEN"),
              (status = 409, description = "ALREADY_EXISTS, IDEMPOTENCY_PAYLOAD_MISMATCH")))]
pub(crate) async fn create(
    State(hub): State<Hub>,
    Caller(ctx): Caller,
    asked: Stamped<NewContactBody>,
) -> Result<Response, HubError> {
    require_worker(&ctx.actor)?;
    let new = asked.body;
    if new.is_authorized_requester || new.is_authorized_approver || new.can_grant_access {
        require_lead_for_rights(&ctx)?;
    }
    let name = text::line("display_name", &new.display_name)?;
    check_metadata(&new.metadata)?;
    let mut addresses = Vec::new();
    for (at, identity) in new.identities.iter().enumerate() {
        let path = format!("identities[{at}].address");
        addresses.push((identity.channel, canonical(&path, identity.channel, &identity.address)?));
    }
    if let Some(phone) = text::optional_e164("phone", new.phone)? {
        addresses.push((Channel::Sms, phone));
    }
    if let Some(email) = text::optional_email("email", new.email)? {
        addresses.push((Channel::Email, email.to_lowercase()));
    }
    addresses.dedup();
    if addresses.len() > MOST_IDENTITIES {
        return Err(ApiError::invalid("identities", format!("must not be more than {MOST_IDENTITIES}")).into());
    }
    let timezone = text::optional_line("timezone", new.timezone)?;
    let timezone = timezone.map(|zone| text::timezone("timezone", &zone)).transpose()?;
    let mut write = match Write::begin(&hub, &ctx, &asked.stamp).await? {
        Begun::Now(write) => write,
        Begun::Before(answer) => return Ok(answer),
    };
    let tx = &mut write.tx;
    let account = new.account_id.map(AccountId);
    if let Some(account) = account {
        check_account(tx, account).await?;
    }
    let id = ContactId::new();
    contacts::insert(tx, &[NewContact { id, account_id: account, display_name: name }], ctx.now).await?;
    let mut row = find(tx, id).await?;
    row.locale = text::optional_line("locale", new.locale)?;
    row.timezone = timezone;
    row.is_authorized_requester = new.is_authorized_requester;
    row.is_authorized_approver = new.is_authorized_approver;
    row.can_grant_access = new.can_grant_access;
    row.escalation_level = new.escalation_level;
    row.metadata = Value::Object(new.metadata);
    contacts::update(tx, &row).await?;
    for (channel, address) in &addresses {
        give(tx, &ctx, id, *channel, address, "user").await?;
    }
    let row = find(tx, id).await?;
    let made = body(tx, &row).await?;
    tell_contact(tx, &ctx, EventName::ContactUpdated, &[], &json!({ "contact": made })).await?;
    record(tx, &ctx, row.account_id, "contact.create", json!({ "contact_id": id })).await?;
    write.finish(StatusCode::CREATED, &made).await
}
