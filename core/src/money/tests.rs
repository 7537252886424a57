use proptest::prelude::*;

use super::*;

fn cad(minor: i64) -> Money {
    Money::new(minor, "CAD".parse().expect("a currency"))
}

/// `round_half_up(numerator / denominator)` by the definition: the whole number `n` with `n - 1/2 <= x < n + 1/2`.
fn is_half_up(rounded: i64, numerator: i128, denominator: i128) -> bool {
    let doubled = 2 * i128::from(rounded) * denominator;
    doubled - denominator <= 2 * numerator && 2 * numerator < doubled + denominator
}

#[test]
fn halves_go_up() {
    assert_eq!(cad(5).times(Quantity::hundredths(50)), Ok(cad(3)));
    assert_eq!(cad(5).times(Quantity::hundredths(49)), Ok(cad(2)));
    assert_eq!(cad(-5).times(Quantity::hundredths(50)), Ok(cad(-2)));
    assert_eq!(cad(10_000).share(Rate::known(9_975)), Ok(cad(998)));
    assert_eq!(cad(10_000).share(Rate::known(14_975)), Ok(cad(1_498)));
}

#[test]
fn a_currency_is_three_capital_letters() {
    assert_eq!("CAD".parse::<Currency>().map(|currency| currency.to_string()), Ok("CAD".to_owned()));
    for bad in ["", "CA", "CADX", "cad", "C4D", "ÄB"] {
        assert!(bad.parse::<Currency>().is_err(), "{bad}");
    }
}

#[test]
fn amounts_of_two_currencies_do_not_add_up() {
    assert_eq!(cad(1).plus(Money::new(1, Currency::NONE)), Err(MoneyError::OtherCurrency));
}

#[test]
fn quantities_have_two_decimals() {
    for (number, hundredths) in [(1.5, 150), (0.1, 10), (0.29, 29), (1.005, 100), (2.675, 268), (100_000.0, 10_000_000)]
    {
        assert_eq!(Quantity::from_number(number), Some(Quantity::hundredths(hundredths)), "{number}");
    }
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300, -1e300] {
        assert_eq!(Quantity::from_number(number), None, "{number}");
    }
}

#[test]
fn percentages_have_up_to_three_decimals() {
    for (text, millipercent) in
        [("0", 0), ("13", 13_000), ("9.975", 9_975), ("7.5", 7_500), ("100", 100_000), ("5.", 5_000)]
    {
        assert_eq!(Rate::percent(text).map(Rate::in_millipercent), Some(millipercent), "{text}");
    }
    for bad in ["", ".", ".5", "-1", "+1", "100.001", "101", "1.2345", "1e2", "inf", "1.2.3", "1000"] {
        assert_eq!(Rate::percent(bad), None, "{bad}");
    }
}

proptest! {
    #[test]
    fn a_line_is_what_exact_arithmetic_says_or_refused(
        price in prop_oneof![any::<i64>(), -1_000_000..1_000_000_i64],
        quantity in prop_oneof![any::<i64>(), 0..1_000_000_i64],
    ) {
        let exact = i128::from(price).checked_mul(i128::from(quantity)).expect("128 bits hold it");
        match cad(price).times(Quantity::hundredths(quantity)) {
            Ok(line) => prop_assert!(is_half_up(line.minor(), exact, 100)),
            Err(error) => {
                prop_assert_eq!(error, MoneyError::Overflow);
                prop_assert!(exact / 100 >= i128::from(i64::MAX) || exact / 100 <= i128::from(i64::MIN));
            }
        }
    }

    #[test]
    fn a_share_is_what_exact_arithmetic_says(amount in any::<i64>(), rate in 0..=100_000_i64) {
        let share = cad(amount).share(Rate::known(rate)).expect("a share is never larger than the whole");
        prop_assert!(is_half_up(share.minor(), i128::from(amount) * i128::from(rate), 100_000));
    }

    #[test]
    fn a_sum_is_exact_or_refused(one in any::<i64>(), other in any::<i64>()) {
        let exact = i128::from(one) + i128::from(other);
        prop_assert_eq!(cad(one).plus(cad(other)).map(|sum| i128::from(sum.minor())).ok(),
            i64::try_from(exact).ok().map(i128::from));
    }

    #[test]
    fn two_decimals_survive_the_way_through_a_number(hundredths in 0..10_000_000_i64) {
        let quantity = Quantity::hundredths(hundredths);
        prop_assert_eq!(Quantity::from_number(quantity.as_number()), Some(quantity));
    }
}
