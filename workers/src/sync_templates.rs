//! Reads the templates of an inbox from its provider, page by page, and takes the whole list over at once.

use std::time::Duration;

use patchbay_core::ctx::Ctx;
use patchbay_core::ids::InboxId;
use patchbay_core::inbox::{Inbox, Provider, WhatsAppCloud};
use patchbay_core::template::TemplateCategory;
use patchbay_hub::provider_templates::{self, Described, status_of};
use patchbay_store::jobs::{self, ClaimedJob};
use patchbay_store::messages;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::deps::Deps;
use crate::provider::{self, CallEnd, ProviderAnswer, ProviderClient};
use crate::work::{Verdict, WorkError};

/// Most pages of one list.
const MOST_PAGES: usize = 50;
/// Templates on a page.
const PAGE_SIZE: &str = "100";
/// Conversations whose messages are looked through for the business account.
const LOOKED_THROUGH: i64 = 20;
/// How long to leave a provider alone that says it is asked too often.
const ASKED_TOO_OFTEN: Duration = Duration::from_mins(1);

#[derive(Deserialize)]
struct Payload {
    inbox_id: InboxId,
}

/// Why the list could not be read.
enum Failure {
    /// The provider wants to be left alone for a while.
    Wait(Duration),
    /// An operator has to do something first.
    Hopeless(&'static str),
    Work(WorkError),
}

impl<E: Into<WorkError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Work(error.into())
    }
}

pub(crate) async fn run(
    deps: &Deps,
    client: &ProviderClient,
    ctx: &Ctx,
    job: &ClaimedJob,
) -> Result<Verdict, WorkError> {
    let payload: Payload = serde_json::from_value(job.payload.clone()).map_err(WorkError::Payload)?;
    let Some(inbox) = deps.directory.load().inboxes.get(&payload.inbox_id).cloned() else { return Ok(Verdict::Done) };
    let described = match &inbox.provider {
        Provider::WhatsAppCloud(number) => of_meta(deps, client, &inbox, number).await,
        Provider::Twilio(number) => of_twilio(client, &inbox, &number.api_base).await,
        Provider::Email(_) | Provider::Chat(_) | Provider::Unserved => return Ok(Verdict::Done),
    };
    let described = match described {
        Ok(described) => described,
        Err(Failure::Wait(wait)) => return Ok(Verdict::Later(ctx.now + wait)),
        Err(Failure::Hopeless(why)) => return Ok(Verdict::Hopeless(why)),
        Err(Failure::Work(error)) => return Err(error),
    };
    let mut tx = deps.db.begin().await?;
    let synced = provider_templates::take_over(&mut tx, ctx, inbox.id, &described).await?;
    jobs::complete(&mut tx, job).await?;
    tx.commit().await?;
    tracing::info!(
        inbox.id = %inbox.id, new = synced.new, changed = synced.changed, gone = synced.gone,
        "the templates of inbox {} were read", inbox.name
    );
    Ok(Verdict::Settled)
}

/// `GET /{business account}/message_templates`.
async fn of_meta(
    deps: &Deps,
    client: &ProviderClient,
    inbox: &Inbox,
    number: &WhatsAppCloud,
) -> Result<Vec<Described>, Failure> {
    let account = business_account(deps, inbox, number).await?;
    let mut described = Vec::new();
    let mut after = String::new();
    for _ in 0..MOST_PAGES {
        let mut query = vec![("fields", "id,name,language,category,status,components"), ("limit", PAGE_SIZE)];
        if !after.is_empty() {
            query.push(("after", after.as_str()));
        }
        let page = read(client.get(inbox, &format!("/{account}/message_templates"), &query).await)?;
        described.extend(list(&page, "data").iter().filter_map(of_graph));
        let has_next = page.pointer("/paging/next").is_some();
        match page.pointer("/paging/cursors/after").and_then(Value::as_str) {
            Some(cursor) if has_next && cursor != after => cursor.clone_into(&mut after),
            _ => return Ok(described),
        }
    }
    Ok(described)
}

/// Meta's id of the business account: from the settings, else from what came in.
async fn business_account(deps: &Deps, inbox: &Inbox, number: &WhatsAppCloud) -> Result<String, Failure> {
    let is_id = |id: &&str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(id) = number.business_account_id.as_deref().filter(is_id) {
        return Ok(id.to_owned());
    }
    let seen = messages::recent_metadata(&mut deps.db.read().await?, inbox.id, LOOKED_THROUGH).await?;
    let learned = seen.iter().find_map(|facts| facts.get("waba_id")?.as_str().filter(is_id));
    learned.map(str::to_owned).ok_or(Failure::Hopeless(
        "nobody knows the business account yet: set business_account_id of the inbox, or wait for a first message",
    ))
}

fn of_graph(template: &Value) -> Option<Described> {
    let text = |key: &str| template.get(key).and_then(Value::as_str);
    let id = template.get("id")?;
    Some(Described {
        name: text("name")?.to_owned(),
        language: text("language")?.to_owned(),
        category: category(text("category")),
        status: status_of(text("status")?)?,
        provider_id: id.as_str().map_or_else(|| id.to_string(), str::to_owned),
        components: template.get("components").cloned().unwrap_or_else(|| json!([])),
    })
}

/// `GET /v1/ContentAndApprovals` of Twilio's content API.
async fn of_twilio(client: &ProviderClient, inbox: &Inbox, api_base: &str) -> Result<Vec<Described>, Failure> {
    let base = provider::twilio_host(api_base, "content");
    let mut described = Vec::new();
    let mut page_token: Option<(String, String)> = None;
    for _ in 0..MOST_PAGES {
        let mut query = vec![("PageSize", PAGE_SIZE)];
        if let Some((page, token)) = &page_token {
            query.extend([("Page", page.as_str()), ("PageToken", token.as_str())]);
        }
        let page = read(client.get_at(inbox, &base, "/v1/ContentAndApprovals", &query).await)?;
        described.extend(list(&page, "contents").iter().filter_map(of_content));
        let next = page.pointer("/meta/next_page_url").and_then(Value::as_str);
        match next.and_then(page_of) {
            Some(next) if page_token.as_ref() != Some(&next) => page_token = Some(next),
            _ => return Ok(described),
        }
    }
    Ok(described)
}

/// Number and token of a page, out of the address that leads to it. The address itself is not followed: it may lead
/// anywhere.
fn page_of(url: &str) -> Option<(String, String)> {
    let url = url::Url::parse(url).ok()?;
    let find = |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    Some((find("Page")?, find("PageToken")?))
}

fn of_content(content: &Value) -> Option<Described> {
    let text = |key: &str| content.get(key).and_then(Value::as_str);
    let approval = content.get("approval_requests");
    let approved = |key: &str| approval.and_then(|approval| approval.get(key)).and_then(Value::as_str);
    let body = content.get("types")?.as_object()?.values().find_map(|kind| kind.get("body")?.as_str())?;
    Some(Described {
        name: approved("name").or_else(|| text("friendly_name"))?.to_owned(),
        language: text("language")?.to_owned(),
        category: category(approved("category")),
        status: status_of(approved("status")?)?,
        provider_id: text("sid")?.to_owned(),
        components: json!([{ "type": "BODY", "text": body }]),
    })
}

fn category(word: Option<&str>) -> TemplateCategory {
    word.and_then(|word| word.to_ascii_uppercase().parse().ok()).unwrap_or(TemplateCategory::Utility)
}

fn list<'a>(page: &'a Value, key: &str) -> &'a [Value] {
    page.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn read(end: CallEnd) -> Result<Value, Failure> {
    let elsewhere = |why| Failure::Work(WorkError::Elsewhere(why));
    match end {
        CallEnd::Answer(ProviderAnswer { status: 200, body, .. }) => {
            serde_json::from_slice(&body).map_err(|_| elsewhere("the provider's list cannot be read"))
        }
        CallEnd::Answer(answer) if answer.status == 429 => {
            Err(Failure::Wait(answer.retry_after.unwrap_or(ASKED_TOO_OFTEN)))
        }
        CallEnd::Answer(_) => Err(elsewhere("the provider refuses its list of templates")),
        CallEnd::NotSent | CallEnd::Lost(_) => Err(elsewhere("the provider does not answer")),
    }
}
