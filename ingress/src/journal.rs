//! The journal: every accepted request as it came, sealed before it leaves the process, written in the commit that
//! accepts it. `patchbay journal replay` sends what it holds through the adapters again; deduplication makes that
//! harmless.

mod mail;
mod raw;
mod reenact;
mod seal;

pub(crate) use mail::as_request;
pub(crate) use raw::noting;
pub use raw::{RawRequest, record, recorded};
pub use reenact::{Outcome, Reenactment};
pub use seal::{Journal, JournalKey, KeyError, Unreadable};
