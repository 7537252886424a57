//! The built-in assistant: it answers the conversations of chosen inboxes with a model behind an OpenAI-compatible
//! interface, and works only through the gateway's tools, as any assistant does. It hands over to a person when the
//! customer asks for one, at limits and at every failure. A conversation never waits for it: it stays in its team's queue,
//! and as soon as a person has it the assistant is silent. Off unless a base is set.

mod model;
mod prompt;
mod turn;

use std::sync::Arc;

use patchbay_core::ids::{MessageId, ToolDraftId};
use patchbay_core::secret::Secret;
use serde::Deserialize;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::gateway::Gateway;
use model::Model;

/// Messages that wait for the assistant; beyond them people answer.
const MOST_WAITING: usize = 256;
/// Conversations it answers at once.
const AT_ONCE: usize = 8;

/// The built-in assistant's settings.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AssistantConfig {
    /// Base of an OpenAI-compatible interface, such as `https://api.openai.com/v1`. Empty: no assistant.
    pub base_url: String,
    /// Its key. May be `env:NAME` or `file:PATH`.
    pub api_key: Option<Secret>,
    /// The model.
    pub model: String,
    /// Names of the inboxes whose conversations it answers; empty: of all.
    pub inboxes: Vec<String>,
    /// What it is told about the business, before the rules of the house.
    pub instructions: String,
}

/// The assistant cannot be made ready.
#[derive(Debug, thiserror::Error)]
#[error("the assistant cannot be used: {0}")]
pub struct UnusableAssistant(pub String);

/// The assistant of a gateway. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Assistant(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: AssistantConfig,
    model: Model,
}

impl Assistant {
    /// The assistant, if the settings name one.
    pub fn new(config: &AssistantConfig) -> Result<Option<Self>, UnusableAssistant> {
        if config.base_url.is_empty() {
            return Ok(None);
        }
        let model = Model::new(config)?;
        Ok(Some(Self(Arc::new(Inner { config: config.clone(), model }))))
    }

    fn serves(&self, inbox: &str) -> bool {
        let chosen = &self.0.config.inboxes;
        chosen.is_empty() || chosen.iter().any(|name| name == inbox)
    }
}

/// What may give the assistant something to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    /// A customer wrote.
    Said(MessageId),
    /// A person of ours decided about a draft.
    Decided(ToolDraftId),
}

/// Offers on their way to the assistant.
#[derive(Clone, Debug)]
pub(crate) struct Offers(mpsc::Sender<Offer>);

impl Offers {
    /// Offers it. When too many wait, people answer this one.
    pub(crate) fn offer(&self, offer: Offer) {
        if self.0.try_send(offer).is_err() {
            metrics::counter!("assistant_turns_total", "end" => "dropped").increment(1);
        }
    }
}

/// The line to the assistant: where offers go in, and where they come out.
pub(crate) fn line() -> (Offers, mpsc::Receiver<Offer>) {
    let (offers, waiting) = mpsc::channel(MOST_WAITING);
    (Offers(offers), waiting)
}

impl Gateway {
    /// Answers what is offered until `stop`; turns under way are finished.
    pub(crate) async fn run_assistant(
        self,
        assistant: Assistant,
        mut waiting: mpsc::Receiver<Offer>,
        stop: CancellationToken,
    ) {
        let places = Arc::new(Semaphore::new(AT_ONCE));
        let mut turns = JoinSet::new();
        loop {
            let offer = tokio::select! {
                () = stop.cancelled() => break,
                Some(_) = turns.join_next() => continue,
                offer = waiting.recv() => offer,
            };
            let Some(offer) = offer else { break };
            let place = tokio::select! {
                () = stop.cancelled() => break,
                place = Arc::clone(&places).acquire_owned() => place.expect("the places are never closed"),
            };
            let (gateway, assistant) = (self.clone(), assistant.clone());
            turns.spawn(async move {
                let end = gateway.turn(&assistant, offer).await;
                metrics::counter!("assistant_turns_total", "end" => end).increment(1);
                drop(place);
            });
        }
        while turns.join_next().await.is_some() {}
    }
}
