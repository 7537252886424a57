//! Query parameters that may be given more than once, or with commas in between.

use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use patchbay_core::Code;
use patchbay_core::ticket::Refusal;
use patchbay_http::ApiError;
use uuid::Uuid;

/// Most values of one parameter.
const MAX_VALUES: usize = 200;

/// All parameters of a query, in their order. Error: 400 `INVALID_QUERY`.
#[derive(Debug)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequestParts<S> for Parameters {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Query::<Vec<(String, String)>>::from_request_parts(parts, state)
            .await
            .map(|Query(pairs)| Self(pairs))
            .map_err(|_| ApiError::new(Code::InvalidQuery, "the query cannot be read"))
    }
}

impl Parameters {
    /// The values of `name`, also written `name[]`, taken out.
    fn take(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        let mut values = Vec::new();
        self.0.retain(|(key, value)| {
            let is_it = key.strip_suffix("[]").unwrap_or(key) == name;
            if is_it {
                values.extend(value.split(',').map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned));
            }
            !is_it
        });
        if values.len() > MAX_VALUES {
            return Err(invalid(format!("{name} must not have more than {MAX_VALUES} values")));
        }
        if values.iter().any(|value| value.contains('\0')) {
            return Err(invalid(format!("{name} must not contain U+0000")));
        }
        Ok(values)
    }

    /// Free texts.
    pub(crate) fn texts(&mut self, name: &str) -> Result<Vec<String>, Refusal> {
        self.take(name)
    }

    /// Ids.
    pub(crate) fn ids<T: From<Uuid>>(&mut self, name: &str) -> Result<Vec<T>, Refusal> {
        let id = |text: String| Uuid::parse_str(&text).map(T::from);
        self.take(name)?
            .into_iter()
            .map(id)
            .collect::<Result<_, _>>()
            .map_err(|_| invalid(format!("{name} must be UUIDs, repeated or separated by commas")))
    }

    /// Words of a closed set, in any case.
    pub(crate) fn words<T: FromStr>(&mut self, name: &str, known: &[&str]) -> Result<Vec<T>, Refusal> {
        let word = |text: String| {
            let known = known.iter().find(|word| word.eq_ignore_ascii_case(&text));
            known.and_then(|word| word.parse::<T>().ok())
        };
        self.take(name)?
            .into_iter()
            .map(word)
            .collect::<Option<_>>()
            .ok_or_else(|| invalid(format!("{name} must be one or more of {}", known.join(", "))))
    }

    /// One value, if it is there, as it stands.
    pub(crate) fn one(&mut self, name: &str) -> Result<Option<String>, Refusal> {
        let mut values = Vec::new();
        self.0.retain(|(key, value)| {
            if key == name {
                values.push(value.trim().to_owned());
            }
            key != name
        });
        match values.len() {
            0 => Ok(None),
            1 if values[0].contains('\0') => Err(invalid(format!("{name} must not contain U+0000"))),
            1 => Ok(values.pop().filter(|value| !value.is_empty())),
            _ => Err(invalid(format!("{name} must be given once"))),
        }
    }

    /// One whole number, if it is there.
    pub(crate) fn number(&mut self, name: &str) -> Result<Option<i64>, Refusal> {
        let text = self.one(name)?;
        text.map(|text| text.parse().map_err(|_| invalid(format!("{name} must be a whole number")))).transpose()
    }

    /// One id, if it is there.
    pub(crate) fn id<T: From<Uuid>>(&mut self, name: &str) -> Result<Option<T>, Refusal> {
        let text = self.one(name)?;
        text.map(|text| Uuid::parse_str(&text).map(T::from).map_err(|_| invalid(format!("{name} must be a UUID"))))
            .transpose()
    }

    /// Nothing may be left: a parameter that nobody knows would be a filter that does not filter.
    pub(crate) fn finish(self) -> Result<(), Refusal> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let name: String = name.chars().take(50).collect();
                Err(invalid(format!("{} is not a known parameter", name.escape_debug())))
            }
        }
    }
}

/// Error: 400 `INVALID_QUERY`.
pub(crate) fn invalid(message: impl Into<String>) -> Refusal {
    Refusal::new(Code::InvalidQuery, message)
}

#[cfg(test)]
mod tests {
    use patchbay_core::ticket::{SlaStatus, TicketState};

    use super::*;

    fn parameters(pairs: &[(&str, &str)]) -> Parameters {
        Parameters(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn values_may_be_repeated_or_separated_by_commas() {
        let mut given = parameters(&[("state", "NEW, triaged"), ("state[]", "CLOSED"), ("sla_status", "Breach")]);
        let states = given.words::<TicketState>("state", TicketState::WORDS).expect("states");
        assert_eq!(states, [TicketState::New, TicketState::Triaged, TicketState::Closed]);
        assert_eq!(given.words::<SlaStatus>("sla_status", SlaStatus::WORDS).expect("one"), [SlaStatus::Breach]);
        assert!(given.finish().is_ok());
    }

    #[test]
    fn what_is_unknown_is_refused() {
        assert!(parameters(&[("state", "NEW,TOMORROW")]).words::<TicketState>("state", TicketState::WORDS).is_err());
        assert!(parameters(&[("site_id", "7")]).ids::<Uuid>("site_id").is_err());
        assert!(parameters(&[("q", "a"), ("q", "b")]).one("q").is_err());
        assert!(parameters(&[("q", "a\0b")]).one("q").is_err());
        assert!(parameters(&[("sort", "code")]).finish().is_err());
    }
}
