//! Canonical addresses: E.164 phone numbers, the forms that providers use for them, and what is not a phone at all.

use std::fmt;
use std::str::FromStr;

/// A well-formed phone number: `+` and 5 to 15 digits. Well-formed is not the same as assigned: test numbers and new
/// ranges pass.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhoneNumber(String);

/// Why a text is not a phone number. Never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneNumberError {
    /// Letters, a second plus, or nothing at all.
    #[error("not a phone number")]
    NotAPhoneNumber,
    /// Fewer than 5 or more than 15 digits.
    #[error("a phone number has 5 to 15 digits")]
    WrongLength,
    /// No plus and no region to read it in: we do not guess.
    #[error("a national number needs a region")]
    NoRegion,
    /// Not an ISO 3166 region we have a numbering plan for.
    #[error("unknown region")]
    UnknownRegion,
}

impl PhoneNumber {
    /// Reads an international number as people write it: `+1 (555) 010-1234`, `0049 30 …`.
    pub fn parse(text: &str) -> Result<Self, PhoneNumberError> {
        let compact: String = text.chars().filter(|character| !is_separator(*character)).collect();
        let digits = match compact.strip_prefix('+').or_else(|| compact.strip_prefix("00")) {
            Some(digits) => digits,
            None if !compact.is_empty() && compact.bytes().all(|byte| byte.is_ascii_digit()) => {
                return Err(PhoneNumberError::NoRegion);
            }
            None => return Err(PhoneNumberError::NotAPhoneNumber),
        };
        Self::from_digits(digits)
    }

    /// Reads a number as people in `region` (ISO 3166, such as `US`) write it; international forms pass as well.
    pub fn parse_in(text: &str, region: &str) -> Result<Self, PhoneNumberError> {
        match Self::parse(text) {
            Err(PhoneNumberError::NoRegion) => {
                let region = phonenumber::country::Id::from_str(region).map_err(|_| PhoneNumberError::UnknownRegion)?;
                let number = phonenumber::parse(Some(region), text).map_err(|_| PhoneNumberError::NotAPhoneNumber)?;
                Self::parse(&number.format().mode(phonenumber::Mode::E164).to_string())
            }
            other => other,
        }
    }

    /// From digits without plus, country code first, as WhatsApp writes numbers.
    pub fn from_digits(digits: &str) -> Result<Self, PhoneNumberError> {
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            Err(PhoneNumberError::NotAPhoneNumber)
        } else if !(5..=15).contains(&digits.len()) {
            Err(PhoneNumberError::WrongLength)
        } else {
            Ok(Self(format!("+{digits}")))
        }
    }

    /// With the plus.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Without the plus.
    pub fn digits(&self) -> &str {
        self.0.trim_start_matches('+')
    }
}

/// What people put between digits: spaces, dots, dashes, slashes and parentheses, also the typographic ones.
fn is_separator(character: char) -> bool {
    character.is_whitespace()
        || matches!(character, '.' | '-' | '(' | ')' | '/' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}' | '\u{feff}')
}

impl FromStr for PhoneNumber {
    type Err = PhoneNumberError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The canonical address of a WhatsApp id: `+` and the digits when it is all digits, else the business-scoped user id
/// as it stands.
pub fn of_whatsapp_id(id: &str) -> String {
    if !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()) { format!("+{id}") } else { id.to_owned() }
}

/// Whether an address can be dialled. Short codes, alphanumeric senders and WhatsApp user ids cannot.
pub fn is_phone(address: &str) -> bool {
    address.strip_prefix('+').is_some_and(|digits| PhoneNumber::from_digits(digits).is_ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&str, PhoneNumberError>) {
        assert_eq!(PhoneNumber::parse(text).as_ref().map(PhoneNumber::as_str), expected.as_ref().copied());
    }

    #[test]
    fn people_write_numbers_in_many_ways() {
        check("+15550101234", Ok("+15550101234"));
        check("+1 (555) 010-1234", Ok("+15550101234"));
        check("+1\u{a0}555.010\u{2011}1234", Ok("+15550101234"));
        check("0049 30 1234567", Ok("+49301234567"));
        check("+39 06 1234 5678", Ok("+390612345678"));
    }

    #[test]
    fn what_is_not_a_phone_number_is_refused() {
        check("", Err(PhoneNumberError::NotAPhoneNumber));
        check("ACMEBANK", Err(PhoneNumberError::NotAPhoneNumber));
        check("US.13491208655302741918", Err(PhoneNumberError::NotAPhoneNumber));
        check("++15550101234", Err(PhoneNumberError::NotAPhoneNumber));
        check("+1234", Err(PhoneNumberError::WrongLength));
        check("+1234567890123456", Err(PhoneNumberError::WrongLength));
        check("5550101234", Err(PhoneNumberError::NoRegion));
    }

    #[test]
    fn a_national_number_is_read_in_its_region() {
        let number = |text, region| PhoneNumber::parse_in(text, region).map(|number| number.to_string());
        assert_eq!(number("(202) 456-1111", "US").as_deref(), Ok("+12024561111"));
        assert_eq!(number("030 1234567", "DE").as_deref(), Ok("+49301234567"));
        assert_eq!(number("06 1234 5678", "IT").as_deref(), Ok("+390612345678"));
        assert_eq!(number("+15550101234", "DE").as_deref(), Ok("+15550101234"));
        assert_eq!(number("5550101234", "XX"), Err(PhoneNumberError::UnknownRegion));
    }

    #[test]
    fn only_phone_numbers_can_be_dialled() {
        assert!(is_phone("+15550101234"));
        for address in ["22395", "ACMEBANK", "US.13491208655302741918", "anonymous", "+", "+12x45"] {
            assert!(!is_phone(address), "{address}");
        }
    }

    proptest! {
        #[test]
        fn parsing_is_idempotent_and_well_formed(text in any::<String>()) {
            if let Ok(number) = PhoneNumber::parse(&text) {
                prop_assert!((6..=16).contains(&number.as_str().len()));
                prop_assert_eq!(PhoneNumber::parse(number.as_str()), Ok(number.clone()));
                prop_assert_eq!(PhoneNumber::parse_in(number.as_str(), "US"), Ok(number));
            }
        }

        #[test]
        fn separators_change_nothing(digits in "[1-9][0-9]{4,14}", gaps in proptest::collection::vec(0_usize..4, 15)) {
            let spaced: String = digits.chars().zip(gaps).flat_map(|(digit, gap)| {
                std::iter::once(digit).chain(" .-/".chars().take(gap))
            }).collect();
            prop_assert_eq!(PhoneNumber::parse(&format!("+{spaced}")), PhoneNumber::from_digits(&digits));
        }

        #[test]
        fn national_input_never_panics(text in any::<String>()) {
            let _ = PhoneNumber::parse_in(&text, "US");
            let _ = PhoneNumber::parse_in(&text, "IT");
        }
    }
}
