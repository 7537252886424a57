//! Which telephone numbers name the same line.

/// The number (in E.164, with its plus) and the other spellings under which providers, contacts and places know the same
/// line, the shortest first. Match through them; never rewrite what arrived. Known cases: Brazil's ninth digit, Mexico's
/// 1, Argentina's 9. Source: channels reference, numbers of WhatsApp.
pub fn spellings(number: &str) -> Vec<String> {
    let mut set = vec![number.to_owned()];
    set.extend(other_spelling(number));
    set.sort_by_key(|number| (number.len(), number.clone()));
    set
}

fn other_spelling(number: &str) -> Option<String> {
    let digits = number.strip_prefix('+').filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    if let Some(national) = digits.strip_prefix("55") {
        match (national.len(), national.get(..2)?, national.get(2..3)?, national.get(3..)?) {
            (11, area, "9", rest) => Some(format!("+55{area}{rest}")),
            (10, area, ..) => Some(format!("+55{area}9{}", national.get(2..)?)),
            _ => None,
        }
    } else if let Some(national) = digits.strip_prefix("52") {
        with_or_without("52", "1", national)
    } else if let Some(national) = digits.strip_prefix("54") {
        with_or_without("54", "9", national)
    } else {
        None
    }
}

fn with_or_without(country: &str, infix: &str, national: &str) -> Option<String> {
    match (national.len(), national.strip_prefix(infix)) {
        (11, Some(rest)) => Some(format!("+{country}{rest}")),
        (10, _) => Some(format!("+{country}{infix}{national}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_same_spellings_under_each_of_them() {
        for (one, other) in [
            ("+5511987654321", "+551187654321"),
            ("+5215512345678", "+525512345678"),
            ("+5491112345678", "+541112345678"),
        ] {
            assert_eq!(spellings(one), [other, one]);
            assert_eq!(spellings(other), [other, one]);
        }
    }

    #[test]
    fn what_has_no_other_spelling_stands_alone() {
        for number in ["+15550101001", "+55", "+5511", "+52155", "", "visitor:1", "+55119876543é1"] {
            assert_eq!(spellings(number), [number]);
        }
    }
}
