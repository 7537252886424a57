//! WhatsApp message templates: what they may be used for, where they stand, and their parameters. Source: WhatsApp
//! Business Platform, message templates.

mod content;
mod shape;

pub use content::{ButtonValue, HeaderValue, TemplateContent};
pub use shape::{Shape, Unfit, check_values};

use crate::vocabulary;

vocabulary! {
    /// What a template may be used for.
    pub enum TemplateCategory {
        /// Offers and news.
        Marketing => "MARKETING",
        /// Follow-ups to what the customer asked for.
        Utility => "UTILITY",
        /// One-time codes.
        Authentication => "AUTHENTICATION",
    }
}

vocabulary! {
    /// Where a template stands. Only an approved one may be sent.
    pub enum TemplateStatus {
        /// The provider has not decided.
        Pending => "PENDING",
        /// May be sent.
        Approved => "APPROVED",
        /// The provider refused it.
        Rejected => "REJECTED",
        /// The provider withholds it for a while: customers complained.
        Paused => "PAUSED",
        /// Taken out of use.
        Disabled => "DISABLED",
    }
}

/// A template's text has parameters that do not count `{{1}}`, `{{2}}`, … without a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("parameters must be {{{{1}}}}, {{{{2}}}} and so on, without a gap")]
pub struct UnevenParameters;

/// How many parameters a template's text takes.
pub fn count_parameters(body: &str) -> Result<usize, UnevenParameters> {
    let mut seen = Vec::new();
    for piece in pieces(body) {
        if let Piece::Parameter(number) = piece? {
            seen.push(number);
        }
    }
    seen.sort_unstable();
    seen.dedup();
    let even = seen.iter().enumerate().all(|(place, number)| *number == place + 1);
    if even { Ok(seen.len()) } else { Err(UnevenParameters) }
}

/// A template's text with its parameters put in; one that is missing stays empty.
pub fn fill(body: &str, parameters: &[String]) -> String {
    pieces(body)
        .map(|piece| match piece {
            Ok(Piece::Text(text)) => text,
            Ok(Piece::Parameter(number)) => {
                number.checked_sub(1).and_then(|at| parameters.get(at)).map_or("", |text| text)
            }
            Err(UnevenParameters) => "",
        })
        .collect()
}

enum Piece<'b> {
    Text(&'b str),
    Parameter(usize),
}

fn pieces(body: &str) -> impl Iterator<Item = Result<Piece<'_>, UnevenParameters>> {
    let mut rest = body;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        match rest.split_once("{{") {
            None => Some(Ok(Piece::Text(std::mem::take(&mut rest)))),
            Some(("", after)) => {
                let Some((number, tail)) = after.split_once("}}") else {
                    rest = "";
                    return Some(Err(UnevenParameters));
                };
                rest = tail;
                Some(number.trim().parse().map(Piece::Parameter).map_err(|_| UnevenParameters))
            }
            Some((text, _)) => {
                rest = rest.get(text.len()..).unwrap_or_default();
                Some(Ok(Piece::Text(text)))
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_counted_once_and_need_no_order() {
        assert_eq!(count_parameters("Hello {{2}}, {{1}} and {{1}}"), Ok(2));
        assert_eq!(count_parameters("Hello"), Ok(0));
    }

    #[test]
    fn a_gap_or_a_word_is_no_parameter_list() {
        assert_eq!(count_parameters("{{2}}"), Err(UnevenParameters));
        assert_eq!(count_parameters("{{name}}"), Err(UnevenParameters));
        assert_eq!(count_parameters("{{1"), Err(UnevenParameters));
    }

    #[test]
    fn parameters_are_put_in() {
        assert_eq!(fill("Hi {{1}}, see you {{2}}!", &["Ann".into(), "at 5".into()]), "Hi Ann, see you at 5!");
    }
}
