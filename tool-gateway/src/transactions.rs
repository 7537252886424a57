//! The transaction system: looked up with a cache, written to with signatures and idempotency keys, left alone for a
//! while when it keeps failing. Source: S3, integration hub; domain, integration hub.

mod client;
mod token;

use std::sync::Arc;
use std::time::Duration;

use patchbay_core::clock::Clock;
use patchbay_core::secret::Secret;
use patchbay_store::tool_drafts::DraftRow;
use serde_json::{Value, json};

pub use crate::adapter::Read;
use crate::adapter::{Adapter, Cache, Call, Ended};
use crate::outcome::Refusal;
use crate::tools::identifier;
use client::Client;

/// How long one answer may take, by what is asked.
const READ_WITHIN: Duration = Duration::from_secs(5);
const DRAFT_WITHIN: Duration = Duration::from_secs(5);
const COMMIT_WITHIN: Duration = Duration::from_secs(15);
/// How long what was read counts as current.
const STATUS_FOR: Duration = Duration::from_mins(2);
const HISTORY_FOR: Duration = Duration::from_mins(5);

/// Where the transaction system is, and who we are there.
#[derive(Clone, Debug)]
pub struct TransactionConfig {
    /// Base of the system.
    pub base_url: String,
    /// Where tokens are fetched.
    pub token_url: String,
    /// Who we are.
    pub client_id: String,
    /// Proves it.
    pub client_secret: Secret,
    /// Signs what we post.
    pub hmac_secret: Secret,
    /// First wait between two tries; it doubles.
    pub retry_after: Duration,
}

/// The transaction system could not be made ready to be called.
#[derive(Debug, thiserror::Error)]
#[error("the transaction system cannot be called: {0}")]
pub struct Unusable(pub String);

/// The transaction system. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Transactions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    adapter: Adapter,
    statuses: Cache<Value>,
    histories: Cache<Vec<Value>>,
    clock: Clock,
}

/// How a commit ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitEnd {
    /// Carried out; what the system calls it.
    Done(Option<String>),
    /// Certainly not carried out, and never will be.
    Refused(String),
    /// Certainly not carried out: nothing was sent.
    NotSent(String),
    /// Nobody knows.
    Unknown,
}

impl Transactions {
    /// A system that can be called.
    pub fn new(config: TransactionConfig, clock: Clock) -> Result<Self, Unusable> {
        let adapter = Adapter::new("transactions", "the transaction system", config.retry_after);
        Ok(Self(Arc::new(Inner {
            client: Client::new(config)?,
            adapter,
            statuses: Cache::new(STATUS_FOR),
            histories: Cache::new(HISTORY_FOR),
            clock,
        })))
    }

    /// One transaction; `None` when there is none. Answered from the cache for two minutes.
    pub async fn status(&self, tenant: &str, customer: &str, id: &str) -> Result<Option<Read<Value>>, Refusal> {
        let key = format!("{customer} {id}");
        if let Some(read) = self.0.statuses.fresh(&key, self.0.clock.now()) {
            return Ok(Some(read));
        }
        match self.read(tenant, &format!("/transactions/{id}")).await {
            Ok(Some(value)) => {
                let at = self.0.clock.now();
                self.0.statuses.keep(&key, value.clone(), at);
                Ok(Some(Read { value, at, stale: false }))
            }
            Ok(None) => Ok(None),
            Err(refusal) => self.0.statuses.any(&key).map(Some).ok_or(refusal),
        }
    }

    /// All transactions of a customer. Answered from the cache for five minutes.
    pub async fn history(&self, tenant: &str, customer: &str) -> Result<Read<Vec<Value>>, Refusal> {
        if let Some(read) = self.0.histories.fresh(customer, self.0.clock.now()) {
            return Ok(read);
        }
        match self.read(tenant, &format!("/customers/{customer}/transactions")).await {
            Ok(found) => {
                let value = entries(found.unwrap_or(Value::Null));
                let at = self.0.clock.now();
                self.0.histories.keep(customer, value.clone(), at);
                Ok(Read { value, at, stale: false })
            }
            Err(refusal) => self.0.histories.any(customer).ok_or(refusal),
        }
    }

    /// Forgets what was read about a transaction and its customer: the system says that it changed.
    pub fn forget(&self, transaction: Option<&str>, customer: Option<&str>) {
        self.0.statuses.drop_where(|key| {
            transaction.is_some_and(|id| key.ends_with(id))
                || customer.is_some_and(|customer| key.starts_with(customer))
        });
        self.0.histories.drop_where(|key| customer.is_none_or(|customer| key == customer));
    }

    /// Whether a notice of the system is signed by it.
    pub fn is_signed(&self, body: &[u8], signature: &str) -> bool {
        self.0.client.is_signed(body, signature)
    }

    /// Makes a draft there; what the system calls it.
    pub(crate) async fn draft(&self, draft: &DraftRow, amount: &str) -> Result<String, Refusal> {
        let mut body = draft.payload.clone();
        body["amount"] = amount.parse::<f64>().map_or(Value::Null, Value::from);
        body["conversation_id"] = json!(draft.conversation_id);
        body["client_draft_id"] = json!(draft.id);
        let key = idempotency_key(draft);
        let adapter = &self.0.adapter;
        let _slot = adapter.slot(&tenant_of(draft), Call::Ordinary).await?;
        adapter.enter(Call::Ordinary)?;
        let ended = self.0.client.post("/drafts", &body, &key, DRAFT_WITHIN).await.ended;
        adapter.leave(&ended);
        match ended {
            Ended::Answer(200..=299, answer) => ["draft_id", "id"]
                .iter()
                .find_map(|name| answer.get(name).and_then(Value::as_str))
                .map(str::to_owned)
                .ok_or_else(|| adapter.failed("upstream.refused", "gave an answer that cannot be read")),
            other => Err(adapter.refusal_of(&other)),
        }
    }

    /// Carries a draft out there. Never repeated here: what is not known is looked for first.
    pub(crate) async fn commit(&self, draft: &DraftRow) -> CommitEnd {
        let Some(external) = &draft.external_id else {
            return CommitEnd::NotSent("the draft is not in the transaction system".into());
        };
        let adapter = &self.0.adapter;
        let Ok(_slot) = adapter.slot(&tenant_of(draft), Call::Commit).await else {
            return CommitEnd::NotSent("the transaction system is busy".into());
        };
        if adapter.enter(Call::Commit).is_err() {
            return CommitEnd::NotSent("the transaction system is left alone for a while".into());
        }
        let body = json!({
            "draft_id": external, "payload_hash": draft.payload_hash, "amount_minor": draft.amount_minor,
            "currency": draft.currency, "customer_id": draft.contact_id, "conversation_id": draft.conversation_id,
        });
        let path = format!("/drafts/{external}/commit");
        let key = idempotency_key(draft);
        let call = self.0.client.post(&path, &body, &key, COMMIT_WITHIN);
        // With a token fetched anew it may take longer than one call; before the outcome is looked for it is over.
        let ended =
            tokio::time::timeout(COMMIT_WITHIN + DRAFT_WITHIN, call).await.map_or(Ended::Lost, |reply| reply.ended);
        adapter.leave(&ended);
        self.forget(None, Some(&draft.contact_id.to_string()));
        match ended {
            Ended::Answer(200..=299, answer) => CommitEnd::Done(identifier(&answer).map(str::to_owned)),
            Ended::Answer(status @ 400..=499, _) if !matches!(status, 401 | 408 | 409 | 425 | 429) => {
                CommitEnd::Refused(format!("the transaction system answered {status}"))
            }
            Ended::NotSent | Ended::Answer(401 | 429, _) => {
                CommitEnd::NotSent("the transaction system cannot be reached".into())
            }
            Ended::Answer(..) | Ended::Lost => CommitEnd::Unknown,
        }
    }

    /// What became of a commit: what the system calls it, `None` when it knows nothing of it. Error: it does not answer.
    pub(crate) async fn find(&self, draft: &DraftRow) -> Result<Option<String>, ()> {
        let customer = draft.contact_id.to_string();
        let found = self.read(&tenant_of(draft), &format!("/customers/{customer}/transactions")).await.map_err(drop)?;
        let key = idempotency_key(draft);
        let external = draft.external_id.as_deref().unwrap_or_default();
        let list = entries(found.unwrap_or(Value::Null));
        Ok(list
            .iter()
            .find(|entry| {
                let says = |name: &str, value: &str| entry.get(name).and_then(Value::as_str) == Some(value);
                says("idempotency_key", &key) || (!external.is_empty() && says("draft_id", external))
            })
            .map(|entry| identifier(entry).unwrap_or_default().to_owned()))
    }

    /// Calls a draft off there; whether that is done, or there is nothing to call off.
    pub(crate) async fn cancel(&self, draft: &DraftRow) -> bool {
        let Some(external) = &draft.external_id else { return true };
        let adapter = &self.0.adapter;
        if adapter.enter(Call::Ordinary).is_err() {
            return false;
        }
        let key = format!("{}:cancel", idempotency_key(draft));
        let path = format!("/drafts/{external}/cancel");
        let ended = self.0.client.post(&path, &json!({"draft_id": external}), &key, DRAFT_WITHIN).await.ended;
        adapter.leave(&ended);
        matches!(ended, Ended::Answer(200..=299 | 404 | 409 | 410 | 422, _))
    }

    async fn read(&self, tenant: &str, path: &str) -> Result<Option<Value>, Refusal> {
        self.0.adapter.read(tenant, || self.0.client.get(path, READ_WITHIN)).await
    }
}

/// Whose share of the calls a draft takes from.
fn tenant_of(draft: &DraftRow) -> String {
    draft.account_id.map(|account| account.to_string()).unwrap_or_default()
}

/// The key under which the system carries a draft out once. Source: domain, drafts and confirmation.
pub(crate) fn idempotency_key(draft: &DraftRow) -> String {
    format!("{}:{}", draft.conversation_id, draft.id)
}

/// A list, however the system wraps it.
fn entries(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        Value::Object(mut fields) => ["data", "transactions", "items", "results"]
            .iter()
            .find_map(|name| match fields.remove(*name) {
                Some(Value::Array(list)) => Some(list),
                _ => None,
            })
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}
