//! Money: whole minor units of a currency. Amounts are never floating point, and no sum wraps around.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};

use crate::UnknownWord;

/// A currency: three capital letters. Source: ISO 4217.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency([u8; 3]);

/// An amount in minor units of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

/// How many, in hundredths: an hour and a half is 150.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity(i64);

/// A share, in thousandths of a percent: 14.975 % is 14975.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(i64);

/// Why two amounts do not make a third.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// The result is larger than any amount can be.
    #[error("the amount is too large")]
    Overflow,
    /// They are of two currencies.
    #[error("the amounts are of different currencies")]
    OtherCurrency,
}

impl Currency {
    /// No currency at all. Source: ISO 4217.
    pub const NONE: Self = Self(*b"XXX");

    /// Its three letters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only letters get in")
    }
}

impl FromStr for Currency {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        match text.as_bytes().first_chunk() {
            Some(letters) if text.len() == 3 && letters.iter().all(u8::is_ascii_uppercase) => Ok(Self(*letters)),
            _ => Err(UnknownWord { set: "Currency" }),
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl Money {
    /// So many minor units of a currency.
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing.
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// Minor units.
    pub const fn minor(self) -> i64 {
        self.minor
    }

    /// Of which currency.
    pub const fn currency(self) -> Currency {
        self.currency
    }

    /// The sum of two amounts of one currency.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::OtherCurrency);
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }

    /// So many times the amount, halves rounded up.
    pub fn times(self, quantity: Quantity) -> Result<Self, MoneyError> {
        self.part(quantity.0, Quantity::ONE.0)
    }

    /// A share of the amount, halves rounded up.
    pub fn share(self, rate: Rate) -> Result<Self, MoneyError> {
        self.part(rate.0, Rate::WHOLE.0)
    }

    /// `numerator / denominator` of the amount, halves rounded up: toward the larger number, also below zero.
    fn part(self, numerator: i64, denominator: i64) -> Result<Self, MoneyError> {
        let (product, denominator) = (i128::from(self.minor) * i128::from(numerator), i128::from(denominator));
        // Twice a product of two 64-bit numbers fits into 128 bits but for the lowest times the lowest.
        let doubled = product.checked_mul(2).and_then(|doubled| doubled.checked_add(denominator));
        let rounded = doubled.ok_or(MoneyError::Overflow)?.div_euclid(2 * denominator);
        let minor = i64::try_from(rounded).map_err(|_| MoneyError::Overflow)?;
        Ok(Self { minor, ..self })
    }
}

impl Quantity {
    /// One of it.
    pub const ONE: Self = Self(100);

    /// So many hundredths.
    pub const fn hundredths(hundredths: i64) -> Self {
        Self(hundredths)
    }

    /// A number as people write it; the third decimal is rounded. `None` beyond what can be counted.
    pub fn from_number(number: f64) -> Option<Self> {
        /// Beyond this a double does not tell neighbors apart.
        const MOST: f64 = 9_007_199_254_740_992.0;
        let hundredths = (number * 100.0).round();
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the range")]
        (hundredths.abs() <= MOST).then_some(Self(hundredths as i64))
    }

    /// Hundredths of one.
    pub const fn in_hundredths(self) -> i64 {
        self.0
    }

    /// As people write it.
    #[expect(clippy::cast_precision_loss, reason = "a display of what a body or a catalog gave")]
    pub fn as_number(self) -> f64 {
        self.0 as f64 / 100.0
    }
}

impl Rate {
    /// Nothing.
    pub const NONE: Self = Self(0);
    /// All of it.
    const WHOLE: Self = Self(100_000);

    /// So many thousandths of a percent; only from nothing to the whole.
    pub fn millipercent(millipercent: i64) -> Option<Self> {
        (0..=Self::WHOLE.0).contains(&millipercent).then_some(Self(millipercent))
    }

    /// A percentage as people write it, such as `14.975`: up to three decimals, from 0 to 100.
    pub fn percent(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let fits = (1..=3).contains(&whole.len()) && decimals.len() <= 3 && is_number(whole) && is_number(decimals);
        let millipercent: i64 = fits.then(|| format!("{whole}{decimals:0<3}").parse().ok()).flatten()?;
        Self::millipercent(millipercent)
    }

    /// A rate known to be within the range.
    pub(crate) const fn known(millipercent: i64) -> Self {
        Self(millipercent)
    }

    /// Thousandths of a percent.
    pub const fn in_millipercent(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests;
