//! Numbers as groups of digits, and their check digits.

/// Luhn's check over ASCII digits.
pub(super) fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            match (place % 2, digit) {
                (0, digit) => digit,
                (_, digit @ 0..=4) => digit * 2,
                (_, digit) => digit * 2 - 9,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Only the digits of a stretch.
pub(super) fn of(stretch: &[u8]) -> Vec<u8> {
    stretch.iter().copied().filter(u8::is_ascii_digit).collect()
}

/// A group of digits: where it begins and ends.
pub(super) type Group = (usize, usize);

/// All groups of digits of a text.
pub(super) fn groups(text: &[u8]) -> Vec<Group> {
    let mut groups = Vec::new();
    let mut index = 0;
    while index < text.len() {
        if !text[index].is_ascii_digit() {
            index += 1;
            continue;
        }
        let end = (index..text.len()).find(|at| !text[*at].is_ascii_digit()).unwrap_or(text.len());
        groups.push((index, end));
        index = end;
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_digit_decides() {
        assert!(luhn(b"4111111111111111"));
        assert!(!luhn(b"4111111111111112"));
    }
}
