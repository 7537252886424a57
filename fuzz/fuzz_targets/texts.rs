//! Phone numbers and SMS segments.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| patchbay_normalizer::exercise::texts(bytes));
