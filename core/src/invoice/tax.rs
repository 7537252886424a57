//! Taxes.

use crate::money::Rate;
use crate::ticket::words::TaxCode;

/// A tax: a code of the list, and its rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tax {
    code: TaxCode,
    rate: Rate,
}

impl Tax {
    /// The tax behind a code. The catalog writes a rate of its own into the code: `CUSTOM(13.5)`, in percent. `None`: there
    /// is no such code, or it needs a rate of its own and has none.
    pub fn of(code: &str, custom: Option<Rate>) -> Option<Self> {
        if let Some(rate) = code.strip_prefix("CUSTOM(").and_then(|rest| rest.strip_suffix(')')) {
            return Rate::percent(rate).map(|rate| Self { code: TaxCode::Custom, rate });
        }
        let code: TaxCode = code.parse().ok()?;
        let rate = match code {
            TaxCode::Exempt | TaxCode::Zero => Rate::NONE,
            TaxCode::Gst => Rate::known(5_000),
            TaxCode::Qst => Rate::known(9_975),
            TaxCode::GstQst => Rate::known(14_975),
            TaxCode::Custom => custom?,
        };
        Some(Self { code, rate })
    }

    /// Its code.
    pub const fn code(self) -> TaxCode {
        self.code
    }

    /// Its rate.
    pub const fn rate(self) -> Rate {
        self.rate
    }
}

/// The code of a line when nobody gives one. What the catalog says is not taxed is not taxed anywhere; else in Quebec
/// both taxes apply, elsewhere what the catalog says, and nothing when it says nothing.
pub fn default_code(service: Option<&str>, region: Option<&str>) -> String {
    let is_untaxed = |code: &str| [TaxCode::Exempt.as_str(), TaxCode::Zero.as_str()].contains(&code);
    if !service.is_some_and(is_untaxed) && region.is_some_and(is_quebec) {
        return TaxCode::GstQst.to_string();
    }
    service.unwrap_or(TaxCode::Exempt.as_str()).to_owned()
}

/// Whether a region's name or code means Quebec.
pub fn is_quebec(region: &str) -> bool {
    let region = region.trim().to_lowercase();
    ["qc", "ca-qc", "pq", "quebec", "québec"].contains(&region.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_rate_and_custom_needs_one() {
        let rate = |code: &str| Tax::of(code, None).map(|tax| tax.rate().in_millipercent());
        assert_eq!(rate("EXEMPT"), Some(0));
        assert_eq!(rate("ZERO"), Some(0));
        assert_eq!(rate("GST"), Some(5_000));
        assert_eq!(rate("QST"), Some(9_975));
        assert_eq!(rate("GST_QST"), Some(14_975));
        assert_eq!(rate("CUSTOM"), None);
        assert_eq!(rate("VAT"), None);
        let custom = Tax::of("CUSTOM", Rate::millipercent(13_000)).expect("it has a rate");
        assert_eq!(custom.rate().in_millipercent(), 13_000);
        let written = Tax::of("CUSTOM(13.5)", None).expect("it has a rate");
        assert_eq!((written.code(), written.rate().in_millipercent()), (TaxCode::Custom, 13_500));
        assert_eq!(Tax::of("CUSTOM(101)", None), None);
        assert_eq!(Tax::of("GST", Rate::millipercent(13_000)).map(|tax| tax.rate().in_millipercent()), Some(5_000));
    }

    #[test]
    fn quebec_adds_both_taxes_but_to_what_is_not_taxed() {
        for region in ["QC", "Quebec", "Québec", " qc ", "CA-QC"] {
            assert_eq!(default_code(None, Some(region)), "GST_QST");
            assert_eq!(default_code(Some("GST"), Some(region)), "GST_QST");
            assert_eq!(default_code(Some("EXEMPT"), Some(region)), "EXEMPT");
        }
        assert_eq!(default_code(Some("GST"), Some("ON")), "GST");
        assert_eq!(default_code(None, Some("ON")), "EXEMPT");
        assert_eq!(default_code(None, None), "EXEMPT");
    }
}
