//! Texts that take every rule through its states once.

use super::{Known, Reader, Redactor};

/// Invented texts with each kind of data, in both languages, and with what only looks like it.
const TEXTS: &[&str] = &[
    "Hi, this is Maya Lindqvist, call me at (514) 555-0123 ext. 12 or +1 438 555 0199, order 5145550123.",
    "Bonjour, c'est Jean-François Côté, joignez-moi au 514.555.0142 ou au cell 450 555-0117, facture 4505550117.",
    "Mail maya.lindqvist@example.test or maya (at) example (dot) test, https://example.test/?u=maya%40example.test",
    "Card 4111 1111 1111 1111 exp 12/29, carte 5500-0000-0000-0004, parcel 1234567890123456, IMEI 490154203237518",
    "IBAN GB82 WEST 1234 5698 7654 32, compte FR14 2004 1010 0505 0001 3M02 606, my SSN is 078-05-1120",
    "My SIN is 046 454 286, mon NAS: 046-454-286, passport AB123456, passeport no GA302922, permis L1234-567890-12",
    "Driver's licence D1234-56789-01234, health card 1234-567-897-XX, assurance maladie LINM 8501 0112",
    "12 Main Street, Apt 4, Ottawa ON K1A 0B1; 350 5th Avenue, New York, NY 10118; P.O. Box 77",
    "1234, rue Sainte-Catherine Ouest, bureau 5, Montréal (Québec) H3G 1P1; 12 bis boul. René-Lévesque",
    "From 192.168.10.24 and 2001:db8::8a2e:370:7334, firmware 10.4.2.1, version 1.2.3.4",
    "VIN 1HGCM82633A004352, plate ABC 123, part 123-45-6789, tax TPS 123456789 RT0001, epoch 1772719200",
    "api_key=sk_test_1234567890abcdef password: hunter2hunter2 Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY----- https://user:secretword@example.test AKIAIOSFODNN7EXAMPLE",
    "Dear Mr. Lindqvist, thanks. Best regards,\nMaya Lindqvist\nM. Lindqvist, Lindqvist M., ms lindqvist",
    "Cordialement,\nJean-François Côté\nM. Côté, Mme Tremblay, Dr Nguyen",
    "{\"level\":\"info\",\"customer_phone\":\"+15145550123\",\"msg\":\"ticket T-2026-000123 moved\",\"n\":42}",
    "The door of the Ford Transit does not close. Two windows at 3pm or 15:30 on 2026-01-05, $1,250.00, 12 units.",
    "La porte ne ferme plus. Deux plages : 15 h 30 ou 9 h, le 5 janvier 2026, 1 250,00 $, merci beaucoup !",
    "Call about order 5145550123, not the number; appelez au sujet de la commande 4385550199. Suivi 1Z999AA10123456784",
    "Ünïcödé Ｆｕｌｌｗｉｄｔｈ １２３ ４５６ ７８９０ \u{200b}zero\u{200b}width 5\u{200b}1\u{200b}4-555-0123 🚗🚗",
];

/// Runs all rules over the texts, as they are and in other cases.
pub(super) fn run() {
    let redactor = Redactor::new(b"warm", Reader::Sink);
    let known = Known::new(["Maya Lindqvist", "Jean-François Côté", "Dr Anh Nguyen"]);
    for text in TEXTS {
        for text in [(*text).to_owned(), text.to_uppercase(), text.to_lowercase()] {
            redactor.redact(&text, &known);
        }
    }
    redactor.redact(&TEXTS.join("\n"), &known);
}
