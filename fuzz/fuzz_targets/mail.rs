//! Raw mail, forms and events of the mail providers.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| patchbay_normalizer::exercise::mail(bytes));
