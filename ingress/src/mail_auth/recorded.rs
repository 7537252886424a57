//! Answers of the DNS as a recorded case gives them: these names exist and no others.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::time::Instant;

use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::dkim::{Atps, DomainKeyReport};
use mail_auth::dmarc::Dmarc;
use mail_auth::hickory_resolver::proto::op::ResponseCode;
use mail_auth::spf::{Macro, Spf};
use mail_auth::{DnsError, DnssecStatus, Error, MX, RecordSet, ResolverCache, Txt};

/// Recorded texts by name.
#[derive(Default)]
pub(crate) struct RecordedDns {
    texts: HashMap<Box<str>, Txt>,
}

impl RecordedDns {
    /// The records of a case: name and text.
    pub(crate) fn new<'r>(records: impl IntoIterator<Item = (&'r str, &'r str)>) -> Self {
        let mut texts = HashMap::new();
        for (name, text) in records {
            let name = format!("{}.", name.trim_end_matches('.').to_ascii_lowercase());
            let text = text.as_bytes();
            let record: Txt = if name.starts_with("_report._domainkey.") {
                DomainKeyReport::parse(text).into()
            } else if name.contains("._domainkey.") {
                DomainKey::parse(text).into()
            } else if name.starts_with("_dmarc.") {
                Dmarc::parse(text).into()
            } else if name.contains("._atps.") {
                Atps::parse(text).into()
            } else if text.starts_with(b"v=spf1") {
                Spf::parse(text).into()
            } else {
                Macro::parse(text).into()
            };
            texts.insert(name.into_boxed_str(), record);
        }
        Self { texts }
    }
}

fn missing() -> Error {
    Error::Dns(DnsError::RecordNotFound(ResponseCode::NXDomain))
}

impl ResolverCache<Box<str>, Txt> for RecordedDns {
    fn get<Q>(&self, name: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        Some(self.texts.get(name).cloned().unwrap_or_else(|| Txt::Error(missing())))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

/// No other kind of record is ever there.
macro_rules! never {
    ($key:ty, $record:ty) => {
        impl ResolverCache<$key, RecordSet<$record>> for RecordedDns {
            fn get<Q>(&self, _: &Q) -> Option<RecordSet<$record>>
            where
                $key: Borrow<Q>,
                Q: Hash + Eq + ?Sized,
            {
                Some(RecordSet { rrset: Arc::from(Vec::new()), dnssec_status: DnssecStatus::Indeterminate })
            }

            fn remove<Q>(&self, _: &Q) -> Option<RecordSet<$record>>
            where
                $key: Borrow<Q>,
                Q: Hash + Eq + ?Sized,
            {
                None
            }

            fn insert(&self, _: $key, _: RecordSet<$record>, _: Instant) {}
        }
    };
}

never!(Box<str>, MX);
never!(Box<str>, Ipv4Addr);
never!(Box<str>, Ipv6Addr);
never!(IpAddr, Box<str>);
