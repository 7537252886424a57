//! The way back into the adapters. They live above the hub, so whoever wires the server puts it in.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use patchbay_core::ids::InboxId;
use patchbay_core::item::Item;

/// What became of something that went through the adapters or the intake again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reenacted {
    /// It is where it belongs now.
    Accepted,
    /// It is still for nobody we know, or not understood; this word says why.
    SetAside(String),
    /// The adapters refuse it; this word says why.
    Refused(String),
    /// It was sealed with a key that is not configured any more.
    Unreadable,
    /// It cannot be taken now.
    Unavailable,
}

/// What a sealed request tells of.
pub type ToldFuture<'a> = Pin<Box<dyn Future<Output = Option<Vec<String>>> + Send + 'a>>;

/// A future of a [`Reenact`].
pub type ReenactFuture<'a> = Pin<Box<dyn Future<Output = Reenacted> + Send + 'a>>;

/// Sends requests and items where they belong.
pub trait Reenact: Send + Sync + 'static {
    /// A sealed request, as it came `at` that time for `inbox`, through the adapters.
    fn reenact<'a>(&'a self, sealed: &'a [u8], at: DateTime<Utc>, inbox: Option<InboxId>) -> ReenactFuture<'a>;

    /// The keys of the messages that a sealed request tells of, reports included. Nothing is stored. `None`: it cannot be
    /// opened.
    fn tells_of<'a>(&'a self, sealed: &'a [u8], at: DateTime<Utc>, inbox: Option<InboxId>) -> ToldFuture<'a>;

    /// Items through the intake.
    fn retake(&self, inbox: InboxId, items: Vec<Item>, at: DateTime<Utc>) -> ReenactFuture<'_>;
}

/// A place for a [`Reenact`], filled once the server is wired. Cheap to clone.
#[derive(Clone, Default)]
pub struct Reenactor(Arc<OnceLock<Arc<dyn Reenact>>>);

impl fmt::Debug for Reenactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reenactor").field(&self.0.get().is_some()).finish()
    }
}

impl Reenactor {
    /// Fills the place. Only the first time counts.
    pub fn set(&self, reenact: Arc<dyn Reenact>) {
        let _was_set = self.0.set(reenact);
    }

    /// Whoever is there.
    pub fn get(&self) -> Option<&Arc<dyn Reenact>> {
        self.0.get()
    }
}
