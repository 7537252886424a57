use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::money::Rate;

fn cad() -> Currency {
    "CAD".parse().expect("a currency")
}

fn line(hundredths: i64, price: i64, tax_code: &str) -> InvoiceLine {
    InvoiceLine {
        service_id: Some(ServiceId::new()),
        description: "Adjust a latch".into(),
        quantity: Quantity::hundredths(hundredths),
        unit_price: Money::new(price, cad()),
        tax_code: tax_code.into(),
        tax: Tax::of(tax_code, None),
    }
}

fn bill_to() -> BillTo {
    BillTo::read(&json!({"name": "Harbor Homes", "address1": "4 Pier Road", "city": "Halifax", "country": "CA"}))
}

/// A draft of these lines with everything else in order.
fn draft<'a>(bill_to: &'a BillTo, lines: &'a [InvoiceLine]) -> DraftFacts<'a> {
    DraftFacts {
        bill_to,
        lines,
        totals: Totals::of(lines, Money::zero(cad())).ok(),
        nte_cents: 0,
        approval_is_pending: false,
        accounting: &Accounting::Off,
    }
}

#[track_caller]
fn check(draft: &DraftFacts<'_>, expect: &[(BlockerCode, Option<usize>)]) {
    let seen: Vec<_> = blockers(draft).iter().map(|blocker| (blocker.code, blocker.line)).collect();
    assert_eq!(seen, expect);
}

#[test]
fn a_complete_draft_is_not_blocked() {
    check(&draft(&bill_to(), &[line(150, 9_000, "GST_QST"), line(100, 1, "EXEMPT")]), &[]);
}

#[test]
fn a_payer_needs_a_name_and_an_address() {
    use BlockerCode as B;
    let good = [line(100, 10_000, "GST_QST")];
    check(&draft(&BillTo::default(), &good), &[(B::BillToNameMissing, None), (B::BillToAddressMissing, None)]);
    check(&draft(&BillTo { name: None, ..bill_to() }, &good), &[(B::BillToNameMissing, None)]);
    for homeless in [
        BillTo { address1: None, ..bill_to() },
        BillTo { city: None, ..bill_to() },
        BillTo { country: None, ..bill_to() },
    ] {
        check(&draft(&homeless, &good), &[(B::BillToAddressMissing, None)]);
    }
}

#[test]
fn every_line_needs_a_quantity_a_price_and_a_tax() {
    use BlockerCode as B;
    let payer = bill_to();
    check(&draft(&payer, &[]), &[(B::NoBillableLines, None)]);
    check(&draft(&payer, &[line(0, 10, "GST")]), &[(B::LineQuantityNotPositive, Some(1))]);
    check(&draft(&payer, &[line(100, 0, "GST")]), &[(B::LinePriceNotPositive, Some(1))]);
    check(&draft(&payer, &[line(100, -1, "GST")]), &[(B::LinePriceNotPositive, Some(1))]);
    check(&draft(&payer, &[line(100, 10, "GST"), line(100, 10, "VAT")]), &[(B::TaxCodeInvalid, Some(2))]);
    check(&draft(&payer, &[line(100, 10, "CUSTOM")]), &[(B::TaxCodeInvalid, Some(1))]);
    check(&draft(&payer, &[line(i64::MAX, i64::MAX, "GST")]), &[(B::AmountUnusable, None)]);
}

#[test]
fn an_open_decision_and_the_limit_block() {
    let (payer, good) = (bill_to(), [line(100, 10_000, "GST_QST")]);
    let draft = draft(&payer, &good);
    check(&DraftFacts { approval_is_pending: true, ..draft.clone() }, &[(BlockerCode::ApprovalPending, None)]);
    // Taxes count against the limit.
    check(&DraftFacts { nte_cents: 11_498, ..draft.clone() }, &[]);
    check(&DraftFacts { nte_cents: 11_497, ..draft }, &[(BlockerCode::TotalAboveNte, None)]);
}

#[test]
fn mappings_count_only_with_an_accounting_system() {
    use BlockerCode as B;
    let lines = [line(100, 10, "GST"), InvoiceLine { service_id: None, ..line(100, 10, "GST") }];
    let payer = bill_to();
    check(&draft(&payer, &lines), &[]);
    let items = lines[0].service_id.into_iter().collect();
    let on = Accounting::On { customer: None, items };
    check(
        &DraftFacts { accounting: &on, ..draft(&payer, &lines) },
        &[(B::ItemMappingMissing, Some(2)), (B::CustomerMappingMissing, None)],
    );
}

#[test]
fn taxes_are_counted_line_by_line() {
    let lines = [line(100, 333, "GST_QST"), line(100, 333, "GST_QST"), line(250, 1_999, "QST"), line(1, 1, "ZERO")];
    let totals = Totals::of(&lines, Money::new(700, cad())).expect("small");
    assert_eq!(totals.subtotal.minor(), 333 + 333 + 4_998);
    assert_eq!(totals.tax.minor(), 50 + 50 + 499);
    assert_eq!(totals.total.minor(), 5_664 + 599 + 700);
}

#[test]
fn lines_of_another_currency_are_refused() {
    let other = InvoiceLine { unit_price: Money::new(1, Currency::NONE), ..line(100, 1, "GST") };
    assert_eq!(Totals::of(&[other], Money::zero(cad())), Err(MoneyError::OtherCurrency));
}

#[test]
fn blank_lines_of_an_address_count_as_missing() {
    let read = BillTo::read(&json!({"name": "  ", "address1": 5, "city": " Halifax "}));
    assert_eq!(read, BillTo { city: Some("Halifax".into()), ..BillTo::default() });
    assert_eq!(BillTo::read(&json!(null)), BillTo::default());
}

fn any_line() -> impl Strategy<Value = InvoiceLine> {
    let codes = proptest::sample::select(vec!["EXEMPT", "ZERO", "GST", "QST", "GST_QST", "CUSTOM", "VAT"]);
    (0..10_000_000_i64, 0..100_000_000_000_i64, codes, 0..=100_000_i64).prop_map(|(hundredths, price, code, rate)| {
        InvoiceLine { tax: Tax::of(code, Rate::millipercent(rate)), ..line(hundredths, price, code) }
    })
}

/// `round_half_up(numerator / denominator)` for what is not negative, digit by digit as on paper.
fn on_paper(numerator: i128, denominator: i128) -> i128 {
    let (whole, rest) = (numerator / denominator, numerator % denominator);
    if rest * 2 >= denominator { whole + 1 } else { whole }
}

proptest! {
    #[test]
    fn the_sums_are_those_of_exact_arithmetic(lines in proptest::collection::vec(any_line(), 0..20), shipping in 0..1_000_000_i64) {
        let totals = Totals::of(&lines, Money::new(shipping, cad())).expect("within the limits of the fields");
        let (mut subtotal, mut tax) = (0_i128, 0_i128);
        for line in &lines {
            let amount =
                on_paper(i128::from(line.quantity.in_hundredths()) * i128::from(line.unit_price.minor()), 100);
            subtotal += amount;
            tax += line.tax.map_or(0, |tax| on_paper(amount * i128::from(tax.rate().in_millipercent()), 100_000));
        }
        prop_assert_eq!(i128::from(totals.subtotal.minor()), subtotal);
        prop_assert_eq!(i128::from(totals.tax.minor()), tax);
        prop_assert_eq!(i128::from(totals.total.minor()), subtotal + tax + i128::from(shipping));
    }
}
