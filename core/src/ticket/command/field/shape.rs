//! Texts of a fixed shape: identifiers of others, tokens, currencies.

/// A fixed shape of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A transaction of the transaction system. Source: domain, allowlist.
    Transaction,
    /// A token of a confirmed draft. Source: domain, allowlist.
    ConfirmationToken,
    /// A currency. Source: ISO 4217.
    Currency,
}

impl Shape {
    /// The shape as a regular expression.
    pub const fn pattern(self) -> &'static str {
        match self {
            Self::Transaction => "^TXN-[A-Za-z0-9-]{3,40}$",
            Self::ConfirmationToken => "^CONFIRM-[A-Z2-9]{8}$",
            Self::Currency => "^[A-Z]{3}$",
        }
    }

    /// Whether a text has the shape.
    pub fn fits(self, text: &str) -> bool {
        match self {
            Self::Transaction => text.strip_prefix("TXN-").is_some_and(|rest| {
                (3..=40).contains(&rest.len()) && rest.bytes().all(|sign| sign.is_ascii_alphanumeric() || sign == b'-')
            }),
            Self::ConfirmationToken => text.strip_prefix("CONFIRM-").is_some_and(|rest| {
                rest.len() == 8 && rest.bytes().all(|sign| sign.is_ascii_uppercase() || (b'2'..=b'9').contains(&sign))
            }),
            Self::Currency => text.len() == 3 && text.bytes().all(|sign| sign.is_ascii_uppercase()),
        }
    }
}

/// A number with at most two decimals in hundredths; `None` when it has more.
pub fn hundredths(number: f64) -> Option<i64> {
    /// Beyond this a double does not tell hundredths apart.
    const MOST: f64 = 90_000_000_000_000.0;
    let rounded = (number * 100.0).round();
    #[expect(clippy::cast_possible_truncation, reason = "whole and within the range")]
    let exact = (rounded.abs() <= MOST && (number * 100.0 - rounded).abs() < 1e-6).then_some(rounded as i64);
    exact
}
