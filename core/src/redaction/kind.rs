//! The kinds of personal data.

use crate::vocabulary;

vocabulary! {
    /// What a redacted stretch of text was. `VIN` is told apart and not personal: it names a vehicle.
    pub enum PiiKind {
        /// A key, a password, a token.
        Secret => "SECRET",
        /// An address of electronic mail.
        Email => "EMAIL",
        /// The number of a vehicle.
        Vin => "VIN",
        /// An account at a bank.
        Iban => "IBAN",
        /// A payment card.
        CreditCard => "CREDIT_CARD",
        /// An address on the network.
        Ip => "IP",
        /// A health insurance card.
        HealthCard => "HEALTH_CARD",
        /// A driver's licence.
        DriverLicence => "DRIVER_LICENCE",
        /// A passport.
        Passport => "PASSPORT",
        /// A Canadian social insurance number.
        CaSin => "CA_SIN",
        /// A United States social security number.
        UsSsn => "US_SSN",
        /// A street address.
        Address => "ADDRESS",
        /// A telephone number with its extension.
        Phone => "PHONE",
        /// A postal code.
        PostalCode => "POSTAL_CODE",
        /// The name of a person.
        Person => "PERSON",
    }
}
