//! The mail server: our mailboxes, and who writes to them.

use std::net::{Ipv4Addr, SocketAddr};

use patchbay_core::secret::Secret;

use crate::mail::Way;

/// The mail server.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Name and password it asks for; `None`: it asks for none.
    pub credentials: Option<(String, Secret)>,
    /// Our mailboxes: only they may send.
    pub mailboxes: Vec<MailboxSeed>,
    /// Customers with a mailbox.
    pub correspondents: Vec<CorrespondentSeed>,
}

/// One of our mailboxes.
#[derive(Clone, Debug)]
pub struct MailboxSeed {
    /// Its address.
    pub address: String,
    /// Domain of its reply tokens; empty: it has none.
    pub reply_domain: String,
    /// How mail and reports come to us.
    pub way: Way,
}

/// A customer with a mailbox.
#[derive(Clone, Debug)]
pub struct CorrespondentSeed {
    /// The address, in lower case.
    pub address: String,
    /// Name.
    pub name: String,
    /// Subject and text of a mail that was written before anybody looked.
    pub first_mail: Option<(String, String)>,
}

impl MailServer {
    /// A server for these mailboxes on a free port of loopback that asks for no password.
    pub fn new(mailboxes: Vec<MailboxSeed>, correspondents: Vec<CorrespondentSeed>) -> Self {
        Self { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), credentials: None, mailboxes, correspondents }
    }

    /// The mailbox with this address.
    pub(crate) fn mailbox(&self, address: &str) -> Option<&MailboxSeed> {
        self.mailboxes.iter().find(|mailbox| mailbox.address.eq_ignore_ascii_case(address))
    }
}

impl CorrespondentSeed {
    /// Somebody who has not written yet.
    pub fn new(address: impl Into<String>, name: impl Into<String>) -> Self {
        Self { address: address.into(), name: name.into(), first_mail: None }
    }

    /// The same, having written.
    #[must_use]
    pub fn having_written(self, subject: &str, text: &str) -> Self {
        Self { first_mail: Some((subject.to_owned(), text.to_owned())), ..self }
    }
}
