//! Invoices: their lines, taxes, sums and terms, and what stands between a draft and its approval. Source: domain,
//! invoices.

mod blocker;
mod tax;
mod terms;

pub use blocker::{Accounting, Blocker, BlockerCode, DraftFacts, blockers};
pub use tax::{Tax, default_code, is_quebec};
pub use terms::Terms;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::ServiceId;
use crate::money::{Currency, Money, MoneyError, Quantity};

/// Who pays, and where the invoice goes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct BillTo {
    /// Name on the invoice.
    pub name: Option<String>,
    /// Street and number.
    pub address1: Option<String>,
    /// More of it.
    pub address2: Option<String>,
    /// City.
    pub city: Option<String>,
    /// State or province.
    pub region: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country, two letters.
    pub country: Option<String>,
    /// Where it is mailed to.
    pub email: Option<String>,
}

/// One line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceLine {
    /// Of the catalog, unless somebody wrote the line by hand.
    pub service_id: Option<ServiceId>,
    /// What.
    pub description: String,
    /// How many.
    pub quantity: Quantity,
    /// Price of one.
    pub unit_price: Money,
    /// How it is taxed, as it was given; not always a code that exists.
    pub tax_code: String,
    /// The tax behind the code; `None` when there is none.
    pub tax: Option<Tax>,
}

/// What a line comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineAmounts {
    /// Before tax.
    pub amount: Money,
    /// The tax.
    pub tax: Money,
}

/// What an invoice comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Totals {
    /// All lines before tax.
    pub subtotal: Money,
    /// All taxes.
    pub tax: Money,
    /// Sending parts.
    pub shipping: Money,
    /// All together.
    pub total: Money,
}

impl BillTo {
    /// Reads what a site or an account says; texts that are blank or of another kind count as missing.
    pub fn read(value: &Value) -> Self {
        let text = |name: &str| {
            value.get(name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Self {
            name: text("name"),
            address1: text("address1"),
            address2: text("address2"),
            city: text("city"),
            region: text("region"),
            postal_code: text("postal_code"),
            country: text("country"),
            email: text("email"),
        }
    }
}

impl InvoiceLine {
    /// What the line comes to: the amount rounded half up, and the tax of the rounded amount.
    pub fn amounts(&self) -> Result<LineAmounts, MoneyError> {
        let amount = self.unit_price.times(self.quantity)?;
        let tax = match self.tax {
            Some(tax) => amount.share(tax.rate())?,
            None => Money::zero(amount.currency()),
        };
        Ok(LineAmounts { amount, tax })
    }
}

impl Totals {
    /// What these lines come to. Errors: too large, or of another currency.
    pub fn of(lines: &[InvoiceLine], shipping: Money) -> Result<Self, MoneyError> {
        let zero = Money::zero(shipping.currency());
        let mut totals = Self { subtotal: zero, tax: zero, shipping, total: zero };
        for line in lines {
            let LineAmounts { amount, tax } = line.amounts()?;
            totals.subtotal = totals.subtotal.plus(amount)?;
            totals.tax = totals.tax.plus(tax)?;
        }
        totals.total = totals.subtotal.plus(totals.tax)?.plus(totals.shipping)?;
        Ok(totals)
    }

    /// Nothing.
    pub const fn zero(currency: Currency) -> Self {
        let zero = Money::zero(currency);
        Self { subtotal: zero, tax: zero, shipping: zero, total: zero }
    }
}

#[cfg(test)]
mod tests;
