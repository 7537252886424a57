//! What was proven about the sender of a mail. Found by whoever may ask the DNS; kept and shown with the message.

use patchbay_core::vocabulary;
use serde_json::{Value, json};

vocabulary! {
    /// Whether a signature of the mail holds.
    #[derive(Default)]
    pub enum DkimWord {
        /// One does.
        Pass => "pass",
        /// There are some and none does.
        Fail => "fail",
        /// There is none, or nobody looked.
        #[default]
        None => "none",
    }
}

vocabulary! {
    /// Whether the client may send for the envelope's domain.
    #[derive(Default)]
    pub enum SpfWord {
        /// It may.
        Pass => "pass",
        /// It may not.
        Fail => "fail",
        /// It probably may not.
        SoftFail => "softfail",
        /// The domain does not say.
        Neutral => "neutral",
        /// The DNS did not answer.
        TempError => "temperror",
        /// The record cannot be read.
        PermError => "permerror",
        /// No record, or not enough is known to look.
        #[default]
        None => "none",
    }
}

vocabulary! {
    /// Whether the mail is what the author's domain demands.
    #[derive(Default)]
    pub enum DmarcWord {
        /// A signature or the envelope is aligned with the author's domain.
        Pass => "pass",
        /// Neither is, and the domain demands it.
        Fail => "fail",
        /// The DNS did not answer.
        TempError => "temperror",
        /// The domain demands nothing.
        #[default]
        None => "none",
    }
}

/// What was proven.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthResults {
    /// Signatures.
    pub dkim: DkimWord,
    /// The aligned domain that signed, else the first that did.
    pub dkim_domain: Option<String>,
    /// The envelope.
    pub spf: SpfWord,
    /// Both against the author's domain.
    pub dmarc: DmarcWord,
    /// Something that passed is aligned with the one author's domain.
    pub is_verified: bool,
}

impl AuthResults {
    pub(super) fn to_json(&self) -> Value {
        json!({ "dkim": self.dkim, "dkim_domain": self.dkim_domain, "spf": self.spf, "dmarc": self.dmarc })
    }
}
