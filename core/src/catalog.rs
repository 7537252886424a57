//! Words about the catalog of services and about what the work is done on.

use crate::vocabulary;

vocabulary! {
    /// Whether a service can be asked for.
    pub enum ServiceStatus {
        /// It can.
        Active => "active",
        /// Not any more; tickets that have it keep it.
        Archived => "archived",
    }
}

vocabulary! {
    /// What an asset is.
    pub enum AssetKind {
        /// A vehicle.
        Vehicle => "vehicle",
        /// A door, an operator, an appliance.
        Equipment => "equipment",
    }
}

/// A vehicle's identification number in capitals: 17 letters and digits, none of I, O and Q. `None`: it is not one.
pub fn vin(text: &str) -> Option<String> {
    let vin = text.trim().to_ascii_uppercase();
    let fits = vin.len() == 17 && vin.bytes().all(|byte| vin_value(byte).is_some());
    fits.then_some(vin)
}

/// Whether the check digit of a vehicle's number fits. Only North American numbers (they begin with 1 to 5) have to have
/// one: `None` for all others. A misfit is worth a look, not a refusal. Source: domain, extraction.
pub fn vin_check(vin: &str) -> Option<bool> {
    const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    let bytes = vin.as_bytes();
    if bytes.len() != WEIGHTS.len() || !matches!(bytes[0], b'1'..=b'5') {
        return None;
    }
    let values: Option<Vec<u32>> = bytes.iter().map(|byte| vin_value(*byte)).collect();
    let sum: u32 = values?.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    let expected = match sum % 11 {
        10 => b'X',
        digit => b'0' + u8::try_from(digit).expect("a remainder of 11 is small"),
    };
    Some(bytes[8] == expected)
}

/// What a sign of a vehicle's number counts; `None` for signs that it cannot have.
fn vin_value(byte: u8) -> Option<u32> {
    Some(match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'A'..=b'H' => u32::from(byte - b'A') + 1,
        b'J'..=b'N' => u32::from(byte - b'J') + 1,
        b'P' => 7,
        b'R' => 9,
        b'S'..=b'Z' => u32::from(byte - b'S') + 2,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vehicle_number_has_17_signs_and_none_that_look_like_digits() {
        assert_eq!(vin(" 1m8gdm9axkp042788 ").as_deref(), Some("1M8GDM9AXKP042788"));
        for bad in ["", "1M8GDM9AXKP04278", "1M8GDM9AXKP0427888", "IM8GDM9AXKP042788", "1M8GDM9AXKPO42788"] {
            assert_eq!(vin(bad), None, "{bad}");
        }
    }

    #[test]
    fn only_north_american_numbers_have_a_check_digit() {
        assert_eq!(vin_check("1M8GDM9AXKP042788"), Some(true));
        assert_eq!(vin_check("11111111111111111"), Some(true));
        assert_eq!(vin_check("1M8GDM9A1KP042788"), Some(false));
        assert_eq!(vin_check("WAUZZZ8K9AA000000"), None);
        assert_eq!(vin_check("short"), None);
    }
}
